//! Who did not sign: let in where a policy says so and nothing blocks it, and nowhere else.

use serde_json::{Value, json};

use crate::support::{Answer, Client, KMS_KEY_ID, SSE, digest, scenario};

const BLOCK: [&str; 4] = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

async fn block(client: &Client, settings: &[&str]) {
    let setting = |name: &&str| format!("<{name}>true</{name}>");
    let settings: String = settings.iter().map(setting).collect();
    let document = format!("<PublicAccessBlockConfiguration>{settings}</PublicAccessBlockConfiguration>");
    client.put("demo").query("publicAccessBlock", "").body(document).send().await.assert_ok();
}

async fn allow(client: &Client, actions: &[&str]) -> Answer {
    let allowing = |resource: &str, actions: Vec<&&str>| json!({ "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": resource });
    let (of_bucket, of_objects) = actions.iter().partition(|action| action.starts_with("s3:List"));
    let mut statements: Vec<Value> = Vec::new();
    for (resource, actions) in [("arn:aws:s3:::demo", of_bucket), ("arn:aws:s3:::demo/*", of_objects)] {
        let actions: Vec<&&str> = actions;
        if !actions.is_empty() {
            statements.push(allowing(resource, actions));
        }
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    client.put("demo").query("policy", "").body(policy.to_string()).send().await
}

/// A bucket that lets the public do something.
async fn open(actions: &[&str]) -> Client {
    let client = Client::new().await;
    block(&client, &[]).await;
    assert_eq!(allow(&client, actions).await.status, 204);
    client.put("demo/a").body("content").send().await.assert_ok();
    client
}

#[track_caller]
fn assert_shut(answer: &Answer) {
    answer.assert_refused(403, "AccessDenied", "Access Denied");
}

#[scenario]
async fn nobody_unsigned_may_do_anything_from_the_start() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    for call in [
        client.get("demo/a"),
        client.put("demo/b").body("x"),
        client.delete("demo/a"),
        client.get("demo"),
        client.get("demo").query("versions", ""),
        client.get("demo").query("acl", ""),
        client.put("demo").query("policy", "").body("{}"),
        client.delete("demo").query("publicAccessBlock", ""),
        client.put("demo").query("encryption", "").body("x"),
        client.post("demo/a").query("uploads", ""),
        client.put("other-bucket"),
        client.get(""),
    ] {
        assert_shut(&call.anonymous().send().await);
    }
    assert_eq!(client.head("demo/a").anonymous().send().await.status, 403);
    client.get("none/a").anonymous().send().await.assert_code(404, "NoSuchBucket");
    let document = "<Delete><Object><Key>a</Key></Object></Delete>";
    let call = client.post("demo").query("delete", "").unsigned_header("content-md5", &digest(document.as_bytes()));
    let deleted = call.body(document).anonymous().send().await.assert_ok();
    assert_eq!((deleted.elements("Deleted").len(), deleted.elements("Code")), (0, vec!["AccessDenied".to_owned()]));
    client.get("demo/a").send().await.assert_ok();
}

#[scenario]
async fn the_public_may_do_what_a_policy_allows_and_no_more() {
    let client = open(&["s3:GetObject"]).await;
    let got = client.get("demo/a").anonymous().send().await.assert_ok();
    assert_eq!((got.text(), got.header(SSE)), ("content", Some("AES256")));
    client.head("demo/a").anonymous().send().await.assert_ok();
    assert_shut(&client.put("demo/b").body("x").anonymous().send().await);
    assert_shut(&client.get("demo").anonymous().send().await);
    assert_shut(&client.get("demo/none").anonymous().send().await);
    let status = client.get("demo").query("policyStatus", "").send().await.assert_ok();
    assert_eq!(status.element("IsPublic").as_deref(), Some("true"));

    let client = open(&["s3:PutObject", "s3:GetObject", "s3:ListBucket"]).await;
    client.put("demo/b").body("by anybody").anonymous().send().await.assert_ok();
    assert_eq!(client.get("demo/b").send().await.text(), "by anybody");
    let listed = client.get("demo").anonymous().send().await.assert_ok();
    assert_eq!(
        (listed.elements("Key"), listed.elements("ID")),
        (vec!["a".into(), "b".into()], vec!["demo".to_owned(); 2])
    );
    client.get("demo/none").anonymous().send().await.assert_code(404, "NoSuchKey");
    assert_shut(&client.delete("demo/a").anonymous().send().await);
}

#[scenario]
async fn policies_that_let_the_public_in_are_refused_from_the_start() {
    let client = Client::new().await;
    let text = "User: arn:aws:iam::111122223333:user/demo is not authorized to perform: s3:PutBucketPolicy on resource: \
                \"arn:aws:s3:::demo\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block \
                Public Access.";
    allow(&client, &["s3:GetObject"]).await.assert_refused(403, "AccessDenied", text);
    client.get("demo").query("policy", "").send().await.assert_code(404, "NoSuchBucketPolicy");
    block(&client, &["BlockPublicPolicy"]).await;
    allow(&client, &["s3:GetObject"]).await.assert_code(403, "AccessDenied");
    block(&client, &["BlockPublicAcls", "IgnorePublicAcls", "RestrictPublicBuckets"]).await;
    assert_eq!(allow(&client, &["s3:GetObject"]).await.status, 204);
}

#[scenario]
async fn a_restricted_bucket_shuts_the_public_out_whatever_its_policy_says() {
    let client = open(&["s3:GetObject"]).await;
    client.get("demo/a").anonymous().send().await.assert_ok();
    block(&client, &["RestrictPublicBuckets"]).await;
    assert_shut(&client.get("demo/a").anonymous().send().await);
    client.get("demo/a").send().await.assert_ok();
    block(&client, &["BlockPublicPolicy"]).await;
    client.get("demo/a").anonymous().send().await.assert_ok();
}

#[scenario]
async fn the_blocks_are_given_back_changed_and_removed() {
    let client = Client::new().await;
    let get = || client.get("demo").query("publicAccessBlock", "").send();
    let set = |answer: &Answer| BLOCK.map(|name| answer.element(name).unwrap() == "true");
    assert_eq!(set(&get().await.assert_ok()), [true; 4]);
    block(&client, &["BlockPublicPolicy"]).await;
    assert_eq!(set(&get().await.assert_ok()), [false, true, false, false]);
    for _ in 0..2 {
        assert_eq!(client.delete("demo").query("publicAccessBlock", "").send().await.status, 204);
    }
    let none = get().await;
    let text = "The public access block configuration was not found";
    none.assert_refused(404, "NoSuchPublicAccessBlockConfiguration", text);
    assert_eq!(none.element("BucketName").as_deref(), Some("demo"));
    assert_eq!(allow(&client, &["s3:GetObject"]).await.status, 204);
}

#[scenario]
async fn nobody_asks_kms_for_who_did_not_sign() {
    let client = open(&["s3:GetObject", "s3:PutObject"]).await;
    client
        .put("demo/k")
        .header(SSE, "aws:kms")
        .header(KMS_KEY_ID, "alias/documents")
        .body("x")
        .send()
        .await
        .assert_ok();
    let read = client.get("demo/k").anonymous().send().await;
    let write = client.put("demo/w").unsigned_header(SSE, "aws:kms").body("x").anonymous().send().await;
    for refused in [read, write] {
        let text =
            "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.";
        refused.assert_refused(400, "InvalidArgument", text);
        let argument = (refused.element("ArgumentName"), refused.element("ArgumentValue"));
        assert_eq!(argument, (Some("Authorization".into()), Some("null".into())));
    }
    client.get("demo/w").send().await.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn access_control_lists_are_refused() {
    let client = Client::new().await;
    for (header, value) in
        [("x-amz-acl", "public-read"), ("x-amz-grant-read", "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"")]
    {
        let refused = client.put("demo/a").header(header, value).body("x").send().await;
        refused.assert_refused(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
    }
    for canned in ["private", "bucket-owner-full-control"] {
        client.put("demo/a").header("x-amz-acl", canned).body("x").send().await.assert_ok();
    }
}

#[scenario]
async fn who_did_not_sign_sets_no_headers_of_answers() {
    let client = open(&["s3:GetObject"]).await;
    let text = "Request specific response headers cannot be used for anonymous GET requests.";
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-disposition", "inline"),
        ("content-encoding", "gzip"),
        ("content-language", "en"),
        ("content-type", "text/html"),
        ("expires", "Thu, 01 Jan 2099 00:00:00 GMT"),
    ] {
        let get = client.get("demo/a").query(&format!("response-{name}"), value);
        get.anonymous().send().await.assert_refused(400, "InvalidRequest", text);
    }
    client.get("demo/a").query("response-content-type", "text/html").send().await.assert_ok();
    client.get("demo/a").anonymous().send().await.assert_ok();
}
