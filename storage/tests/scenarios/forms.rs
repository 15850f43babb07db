//! Forms that nobody may use as what they are not: as a way past signatures, past a policy's conditions, or into KMS.

use base64::{Engine, engine::general_purpose::STANDARD};
use s3_storage_sim::Config;
use serde_json::json;

use crate::support::{Answer, Call, Client, HOST, scenario};
use crate::version_2::form;

const FORM: &str = "multipart/form-data; boundary=edge";

/// A form of these fields, as a body.
pub(crate) fn form_body<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let part = |(name, value)| format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let parts: String = fields.into_iter().map(part).collect();
    format!("{parts}--edge--\r\n")
}

/// Sends a form that nobody signed.
async fn unsigned(call: Call<'_>, kind: &str) -> Answer {
    let body = form_body([("key", "form"), ("file", "content")]);
    call.anonymous().header("content-type", kind).body(body).send().await
}

#[scenario]
async fn a_form_that_nobody_signed_writes_nothing_wherever_it_is_sent() {
    let client = Client::new().await;
    let of_host = |domain: &str, path: &str| client.post(path).at(&format!("demo.{domain}"));
    for (call, code) in [
        (client.post("demo"), "AccessDenied"),
        (client.post("demo/"), "AccessDenied"),
        (of_host(HOST, ""), "AccessDenied"),
        (of_host("localhost:9000", ""), "AccessDenied"),
        (of_host("127.0.0.1:9000", ""), "AccessDenied"),
        (client.post("demo").query("x", ""), "MethodNotAllowed"),
        (client.post("demo").query("policyStatus", ""), "MethodNotAllowed"),
        (client.post("demo").query("x-id", "PostObject"), "MethodNotAllowed"),
        (of_host(HOST, "").query("x", ""), "MethodNotAllowed"),
        (of_host("127.0.0.1:9000", "").query("x", ""), "MethodNotAllowed"),
        // These are objects of the bucket in the host.
        (of_host(HOST, "demo"), "MethodNotAllowed"),
        (of_host("127.0.0.1:9000", "demo"), "MethodNotAllowed"),
        (client.post("demo/a"), "MethodNotAllowed"),
        (client.post(""), "MethodNotAllowed"),
    ] {
        let refused = unsigned(call, FORM).await;
        refused.assert_code(if code == "AccessDenied" { 403 } else { 405 }, code);
    }
    unsigned(client.post("demo").query("x", ""), "Multipart/Form-Data; Boundary=edge")
        .await
        .assert_code(405, "MethodNotAllowed");
    assert_eq!(client.get("demo").query("list-type", "2").send().await.element("KeyCount").unwrap(), "0");
}

#[scenario]
async fn a_signed_form_is_no_credential_for_kms() {
    let client = Client::new().await;
    let credential = &Config::default().credentials[0];
    let policy = STANDARD.encode(r#"{"expiration": "2001-01-01T00:00:00Z", "conditions": []}"#);
    let signature = s3s_sigv2::calculate_signature(&credential.secret_key, &policy);
    let fields = [
        ("AWSAccessKeyId", credential.access_key.as_str()),
        ("policy", &policy),
        ("signature", &signature),
        ("file", ""),
    ];
    let before = client.kms("ListKeys", json!({})).await.assert_ok().json();
    for kind in [FORM, "Multipart/Form-Data; Boundary=edge"] {
        // Signed by someone who has no key.
        let stranger = client.also_as("AKIASTRANGER").signing_with("made up");
        let call = stranger.post("").at("kms.us-east-1.storage.test").header("content-type", kind);
        let refused =
            call.header("x-amz-target", "TrentService.CreateKey").body(form_body(fields)).for_kms().send().await;
        assert_eq!((refused.status, &refused.json()["__type"]), (400, &json!("UnknownOperationException")), "{kind}");
    }
    assert_eq!(client.kms("ListKeys", json!({})).await.assert_ok().json(), before);
}

#[scenario]
async fn a_field_is_there_once_so_that_conditions_see_what_is_stored() {
    let client = Client::new().await;
    let condition = r#"{"x-amz-meta-a": "b"}"#;
    assert_eq!(form(&client, condition, &[("x-amz-meta-a", "b")]).await.status, 204);
    for name in ["x-amz-meta-a", "X-Amz-Meta-A", "KEY"] {
        let refused = form(&client, condition, &[("x-amz-meta-a", "b"), (name, "other")]).await;
        refused.assert_code(400, "InvalidArgument");
        assert_eq!(refused.element("ArgumentName").as_deref(), Some(name));
    }
    assert_eq!(client.head("demo/form").send().await.header("x-amz-meta-a"), Some("b"));
}
