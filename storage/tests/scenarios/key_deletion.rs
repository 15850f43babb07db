//! A KMS key whose waiting period is over, and the objects that were under it.
//!
//! The storage reads the clock itself; here weeks pass by whoever has the root key putting the date that is stored back.

use s3_storage_sim::store::Change;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::support::{Client, KMS_KEY_ID, SSE, scenario};

/// The record of KMS's state, and what keeps it.
const RECORD: &str = "kms";

async fn kms_state(client: &Client) -> Value {
    let (_, records) = client.records().await;
    let (_, record) = records.iter().find(|(name, _)| name == RECORD).expect("a record");
    serde_json::from_slice(record).unwrap()
}

/// The same storage, started anew after so many days.
async fn after_days(client: &Client, days: u64) -> Client {
    with_dates(client, |at| at - days * 86_400).await
}

/// The same storage, started anew with other dates of deletion, in Unix seconds.
async fn with_dates(client: &Client, change: impl Fn(u64) -> u64) -> Client {
    let mut state = kms_state(client).await;
    for key in state["keys"].as_object_mut().unwrap().values_mut() {
        if let Some(at) = key["state"].get_mut("PendingDeletion").map(|pending| &mut pending["at"]) {
            *at = json!(change(at.as_u64().unwrap()));
        }
    }
    let (records, _) = client.records().await;
    records.commit(vec![Change::Put(RECORD.to_owned(), state.to_string().into_bytes())]).await.unwrap();
    client.restarted(|config| config.kms_keys.clear()).await
}

/// Objects under `alias/documents` in each mode that uses a KMS key; gives the key's ARN.
async fn written(client: &Client) -> String {
    for (path, mode) in [("demo/kms", "aws:kms"), ("demo/dsse", "aws:kms:dsse")] {
        let put = client.put(path).header(SSE, mode).header(KMS_KEY_ID, "alias/documents").body("content");
        put.send().await.assert_ok();
    }
    let described = client.kms("DescribeKey", json!({ "KeyId": "alias/documents" })).await.assert_ok().json();
    described["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

#[scenario]
async fn objects_under_a_deleted_key_are_lost() {
    let client = Client::new().await;
    let arn = written(&client).await;
    client.put("demo/plain").body("content").send().await.assert_ok();
    let schedule = json!({ "KeyId": arn, "PendingWindowInDays": 7 });
    client.kms("ScheduleKeyDeletion", schedule).await.assert_ok();
    let client = after_days(&client, 6).await;
    let pending = format!("{arn} is pending deletion.");
    client.get("demo/kms").send().await.assert_refused(400, "KMS.KMSInvalidStateException", &pending);

    let client = after_days(&client, 1).await;
    let missing = format!("Key '{arn}' does not exist");
    for path in ["demo/kms", "demo/dsse"] {
        client.get(path).send().await.assert_refused(400, "KMS.NotFoundException", &missing);
        let copy = client.put("demo/copy").header("x-amz-copy-source", path).send().await;
        copy.assert_refused(400, "KMS.NotFoundException", &missing);
        // Their headers are there still, and they can be removed.
        assert_eq!(client.head(path).send().await.status, 200);
        assert_eq!(client.delete(path).send().await.status, 204);
    }
    let put = client.put("demo/new").header(SSE, "aws:kms").header(KMS_KEY_ID, &arn).body("x");
    put.send().await.assert_refused(400, "KMS.NotFoundException", &missing);
    let by_alias = client.put("demo/new").header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents").body("x");
    by_alias.send().await.assert_code(400, "KMS.NotFoundException");
    assert_eq!(client.get("demo/plain").send().await.assert_ok().text(), "content");
    let cancel = client.kms("CancelKeyDeletion", json!({ "KeyId": arn })).await;
    assert_eq!((cancel.status, cancel.json()), (400, json!({ "__type": "NotFoundException", "message": missing })));
}

#[scenario]
async fn nothing_of_a_deleted_key_is_kept_but_its_id() {
    let client = Client::new().await;
    let arn = written(&client).await;
    let id = arn.rsplit('/').next().unwrap();
    client.kms("RotateKeyOnDemand", json!({ "KeyId": arn })).await.assert_ok();
    client.kms("ScheduleKeyDeletion", json!({ "KeyId": arn })).await.assert_ok();
    let materials = kms_state(&client).await["keys"][id]["materials"].clone();
    assert_eq!(materials.as_array().unwrap().len(), 2);

    // It is gone from the store as soon as the storage runs, before anybody asks for it.
    let client = after_days(&client, 30).await;
    let state = kms_state(&client).await;
    assert_eq!((&state["keys"], &state["aliases"], &state["deleted"]), (&json!({}), &json!({}), &json!([id])));
    let (_, records) = client.records().await;
    for material in materials.as_array().unwrap() {
        let bytes = material["bytes"].to_string();
        for (name, record) in &records {
            assert!(!String::from_utf8_lossy(record).contains(&bytes), "the record {name} holds the material");
        }
    }
    let events = serde_json::to_value(client.storage.kms_events().await).unwrap();
    let deleted = events.as_array().unwrap().iter().filter(|event| event["eventName"] == "DeleteKey").count();
    assert_eq!(deleted, 1);
}

#[scenario]
async fn deletion_is_cancelled_in_time() {
    let client = Client::new().await;
    let arn = written(&client).await;
    client.kms("ScheduleKeyDeletion", json!({ "KeyId": arn })).await.assert_ok();
    let client = after_days(&client, 29).await;
    client.kms("CancelKeyDeletion", json!({ "KeyId": arn })).await.assert_ok();
    client.kms("EnableKey", json!({ "KeyId": arn })).await.assert_ok();
    let client = after_days(&client, 1).await;
    assert_eq!(client.get("demo/kms").send().await.assert_ok().text(), "content");
}

#[scenario]
async fn on_its_day_a_key_is_deleted_also_where_nobody_asks_kms() {
    let client = Client::new().await;
    let arn = written(&client).await;
    client.kms("ScheduleKeyDeletion", json!({ "KeyId": arn })).await.assert_ok();
    let now = || u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap();
    // Its last two seconds.
    let day = now() + 2;
    let client = with_dates(&client, |_| day).await;
    while now() < day {
        std::hint::spin_loop();
    }
    // As servers do in quiet times; requests to S3 do it too.
    client.storage.tidy().await;
    assert_eq!(kms_state(&client).await["keys"], json!({}));
    let events = serde_json::to_value(client.storage.kms_events().await).unwrap();
    assert_eq!(events.as_array().unwrap().last().unwrap()["eventName"], "DeleteKey");
}
