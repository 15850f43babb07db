//! Answers that fail on purpose.

use s3_storage_sim::faults::{Fault, FaultRule};
use serde_json::json;

use crate::support::{Client, scenario};

fn rule(operation: &str, fault: Fault) -> Vec<FaultRule> {
    vec![FaultRule { operation: Some(operation.to_owned()), nth: 1, times: 1, fault }]
}

#[scenario]
async fn an_error_comes_once_and_nothing_was_done() {
    let client = Client::new().await;
    for (fault, status, code) in [(Fault::InternalError, 500, "InternalError"), (Fault::SlowDown, 503, "SlowDown")] {
        client.storage.set_faults(rule("PutObject", fault)).unwrap();
        let put = || client.put("demo/a").body("content").send();
        put().await.assert_code(status, code);
        client.get("demo/a").send().await.assert_code(404, "NoSuchKey");
        put().await.assert_ok();
        client.delete("demo/a").send().await;
    }
    assert_eq!(client.storage.faults()[0].seen, 2);
}

#[scenario]
async fn bodies_are_cut_off_or_altered_and_whole_again_afterwards() {
    let client = Client::new().await;
    client.put("demo/a").body("0123456789").send().await.assert_ok();
    client.storage.set_faults(rule("GetObject", Fault::TruncatedBody)).unwrap();
    assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "01234");
    client.storage.set_faults(rule("GetObject", Fault::CorruptedBody)).unwrap();
    assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "0123446789");
    assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "0123456789");
}

#[scenario]
async fn kms_fails_in_its_own_form() {
    let client = Client::new().await;
    let list = || client.kms("ListKeys", json!({}));
    for (fault, status, code) in
        [(Fault::SlowDown, 400, "ThrottlingException"), (Fault::InternalError, 500, "KMSInternalException")]
    {
        client.storage.set_faults(rule("kms:ListKeys", fault)).unwrap();
        let refused = list().await;
        assert_eq!((refused.status, &refused.json()["__type"]), (status, &json!(code)));
        list().await.assert_ok();
    }
}
