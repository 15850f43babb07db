//! Signature Version 2, computed from its description alone.

use s3_storage_sim::Config;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::support::{Answer, Call, Client, scenario};

/// Sends a request without a query's value or a body, signed by a header over a resource.
async fn sent(call: Call<'_>, method: &str, resource: &str) -> Answer {
    let credential = &Config::default().credentials[0];
    let date = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap().format(&Rfc2822).unwrap();
    let date = date.replace("+0000", "GMT");
    let text = format!("{method}\n\n\n{date}\n{resource}");
    let signature = s3s_sigv2::calculate_signature(&credential.secret_key, &text);
    let authorization = format!("AWS {}:{signature}", credential.access_key);
    call.anonymous().header("date", &date).header("authorization", &authorization).send().await
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
        sent(client.get(path).query("versioning", ""), "GET", resource).await.assert_ok();
    }
    for (path, resource) in
        [("demo", "/demo//?versioning"), ("demo/", "/demo?versioning"), ("demo", "/other/?versioning")]
    {
        let refused = sent(client.get(path).query("versioning", ""), "GET", resource).await;
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

#[scenario]
async fn another_key_for_an_object_is_asked_for_by_version_4() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let body = format!("<ObjectEncryption><SSE-KMS><KMSKeyArn>{arn}</KMSKeyArn></SSE-KMS></ObjectEncryption>");
    let update = || client.put("demo/a").query("encryption", "").body(body.as_str());
    let text = "Requests that modify an object encryption configuration require AWS Signature Version 4. Modify the request \
                to use AWS Signature Version 4, and then try again.";
    sent(update(), "PUT", "/demo/a").await.assert_refused(400, "InvalidRequest", text);
    update().anonymous().send().await.assert_code(403, "AccessDenied");
}
