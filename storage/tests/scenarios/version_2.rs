//! Signature Version 2, computed from its description alone.

use s3_storage_sim::Config;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::support::{Answer, Client, scenario};

/// Asks for what a bucket's query is about, signed by a header over a resource.
async fn asked(client: &Client, path: &str, subresource: &str, resource: &str) -> Answer {
    let credential = &Config::default().credentials[0];
    let date = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap().format(&Rfc2822).unwrap();
    let date = date.replace("+0000", "GMT");
    let signature = s3s_sigv2::calculate_signature(&credential.secret_key, &format!("GET\n\n\n{date}\n{resource}"));
    let call = client.get(path).query(subresource, "").anonymous().header("date", &date);
    call.header("authorization", &format!("AWS {}:{signature}", credential.access_key)).send().await
}

#[scenario]
async fn a_bucket_is_signed_with_a_slash_at_its_end_or_without() {
    let client = Client::new().await;
    for (path, resource) in [
        ("demo", "/demo?versioning"),
        // As S3's documentation has it, and SDKs sign whatever they send.
        ("demo", "/demo/?versioning"),
        ("demo/", "/demo/?versioning"),
    ] {
        asked(&client, path, "versioning", resource).await.assert_ok();
    }
    for (path, resource) in
        [("demo", "/demo//?versioning"), ("demo/", "/demo?versioning"), ("demo", "/other/?versioning")]
    {
        let refused = asked(&client, path, "versioning", resource).await;
        refused.assert_code(403, "SignatureDoesNotMatch");
        assert!(refused.element("StringToSign").unwrap().ends_with(&format!("/{path}?versioning")));
    }
}

#[scenario]
async fn a_url_for_a_bucket_is_signed_either_way_too() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let credential = &Config::default().credentials[0];
    for (resource, status) in [("/demo", 200), ("/demo/", 200), ("/demo/a", 403)] {
        let text = format!("GET\n\n\n4070908800\n{resource}");
        let signature = s3s_sigv2::calculate_signature(&credential.secret_key, &text);
        let call = client.get("demo").query("AWSAccessKeyId", &credential.access_key).query("Expires", "4070908800");
        let answer = call.query("Signature", &signature).anonymous().send().await;
        assert_eq!(answer.status, status, "{resource}: {}", answer.text());
    }
}
