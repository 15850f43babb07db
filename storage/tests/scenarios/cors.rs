//! Cross-origin requests.

use crate::support::{Call, Client, scenario};

const RULES: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>https://app.example</AllowedOrigin>\
                     <AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>\
                     <AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>\
                     <MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>";

async fn with_rules() -> Client {
    let client = Client::new().await;
    client.put("demo").query("cors", "").body(RULES).send().await.assert_ok();
    client
}

fn preflight<'a>(client: &'a Client, origin: &str, headers: &str) -> Call<'a> {
    let call = client.call("OPTIONS", "demo/a").anonymous().unsigned_header("origin", origin);
    call.unsigned_header("access-control-request-method", "PUT")
        .unsigned_header("access-control-request-headers", headers)
}

#[scenario]
async fn rules_are_stored_given_back_and_removed() {
    let client = with_rules().await;
    let got = client.get("demo").query("cors", "").send().await.assert_ok();
    assert_eq!(got.elements("AllowedMethod"), ["PUT", "GET"]);
    assert_eq!(got.element("MaxAgeSeconds").as_deref(), Some("60"));
    assert_eq!(client.delete("demo").query("cors", "").send().await.status, 204);
    client.get("demo").query("cors", "").send().await.assert_code(404, "NoSuchCORSConfiguration");
}

#[scenario]
async fn a_preflight_needs_no_signature_and_follows_the_rules() {
    let client = with_rules().await;
    let allowed = preflight(&client, "https://app.example", "x-amz-server-side-encryption").send().await.assert_ok();
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(allowed.header("access-control-allow-methods"), Some("PUT, GET"));
    assert_eq!(allowed.header("access-control-max-age"), Some("60"));
    preflight(&client, "https://other.example", "x-amz-a").send().await.assert_code(403, "AccessForbidden");
    preflight(&client, "https://app.example", "authorization").send().await.assert_code(403, "AccessForbidden");
}

#[scenario]
async fn answers_and_refusals_are_readable_for_allowed_origins() {
    let client = with_rules().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    for path in ["demo/a", "demo/none"] {
        let get = |origin: &str| client.get(path).unsigned_header("origin", origin).presigned(60).send();
        let allowed = get("https://app.example").await;
        assert_eq!(allowed.header("access-control-allow-origin"), Some("https://app.example"), "{path}");
        assert_eq!(allowed.header("access-control-expose-headers"), Some("ETag"));
        assert_eq!(get("https://other.example").await.header("access-control-allow-origin"), None);
    }
}
