//! Signature Version 2, computed from its description alone.

use base64::{Engine, engine::general_purpose::STANDARD};
use s3_storage_sim::Config;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::forms::form_body;
use crate::support::{Answer, Call, Client, scenario};

/// Sends a request without a query's value or a body, signed by a header over a resource.
pub(crate) async fn sent(call: Call<'_>, method: &str, resource: &str) -> Answer {
    let credential = &Config::default().credentials[0];
    let date = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap().format(&Rfc2822).unwrap();
    let date = date.replace("+0000", "GMT");
    let text = format!("{method}\n\n\n{date}\n{resource}");
    let signature = s3s_sigv2::calculate_signature(&credential.secret_key, &text);
    let authorization = format!("AWS {}:{signature}", credential.access_key);
    call.anonymous().header("date", &date).header("authorization", &authorization).send().await
}

/// Sends a form with a file, and the further fields given, signed by Signature Version 2.
pub(crate) async fn form(client: &Client, conditions: &str, fields: &[(&str, &str)]) -> Answer {
    let credential = &Config::default().credentials[0];
    let policy = STANDARD.encode(format!(
        r#"{{"expiration": "2099-01-01T00:00:00Z", "conditions": [{{"bucket": "demo"}}, {{"key": "form"}}, {conditions}]}}"#
    ));
    let signature = s3s_sigv2::calculate_signature(&credential.secret_key, &policy);
    let signed =
        [("key", "form"), ("AWSAccessKeyId", &credential.access_key), ("policy", &policy), ("signature", &signature)];
    let all = signed.iter().chain(fields).chain(&[("file", "content")]);
    let call = client.post("demo").anonymous().header("content-type", "multipart/form-data; boundary=edge");
    call.body(form_body(all.copied())).send().await
}

/// Asks for an object by a URL that is signed by Signature Version 2.
pub(crate) async fn by_version_2(client: &Client, method: &'static str) -> Answer {
    let credential = &Config::default().credentials[0];
    let text = format!("{method}\n\n\n4070908800\n/demo/form");
    let signature = s3s_sigv2::calculate_signature(&credential.secret_key, &text);
    let call = client.call(method, "demo/form").anonymous().query("AWSAccessKeyId", &credential.access_key);
    call.query("Expires", "4070908800").query("Signature", &signature).send().await
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

#[scenario]
async fn policies_tell_version_2_from_version_4_and_headers_from_urls_and_forms() {
    let client = Client::new().await;
    client.put("demo/form").body("content").send().await.assert_ok();
    // Each of these lets one way of signing through: header, URL and form of Version 2, header and URL of Version 4.
    for (key, value, expected) in [
        ("s3:signatureversion", "AWS", [true, true, true, false, false]),
        ("s3:signatureversion", "AWS4-HMAC-SHA256", [false, false, false, true, true]),
        ("s3:authType", "REST-HEADER", [true, false, false, true, false]),
        ("s3:authType", "REST-QUERY-STRING", [false, true, false, false, true]),
        ("s3:authType", "POST", [false, false, true, false, false]),
        ("s3:signatureAge", "0", [true, true, true, false, false]),
    ] {
        let condition = json!({ "StringNotEquals": { key: value } });
        let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::demo/*", "Condition": condition });
        let policy = json!({ "Version": "2012-10-17", "Statement": [deny] }).to_string();
        assert_eq!(client.put("demo").query("policy", "").body(policy).send().await.status, 204);
        let answers = [
            sent(client.get("demo/form"), "GET", "/demo/form").await,
            by_version_2(&client, "GET").await,
            form(&client, r#"["starts-with", "$x-amz-meta-a", ""]"#, &[("x-amz-meta-a", "b")]).await,
            client.get("demo/form").send().await,
            // Signed long enough ago for its age to be none.
            client.get("demo/form").dated(-60).presigned(600).send().await,
        ];
        let taken = answers.map(|answer| [200, 204].contains(&answer.status));
        assert_eq!(taken, expected, "{key} {value}");
    }
}
