//! Policies of buckets: those that S3's documentation teaches for encryption and transport, and what else they can ask about.

use s3_storage_sim::Profile;
use serde_json::{Value, json};

use crate::support::{
    ALICE, Answer, CUSTOMER_ALGORITHM, Call, Client, KMS_KEY_ID, SSE, completion, digest, scenario, with_users,
};

const KEY: [u8; 32] = [7; 32];
const OBJECTS: &str = "arn:aws:s3:::demo/*";
const BUCKET: &str = "arn:aws:s3:::demo";
const USER: &str = "arn:aws:iam::111122223333:user/demo";

fn deny(action: &Value, resource: &Value, condition: &Value) -> Value {
    json!({ "Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition })
}

async fn set(client: &Client, statements: &[Value]) {
    assert_eq!(put(client, statements).await.status, 204);
}

async fn put(client: &Client, statements: &[Value]) -> Answer {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    client.put("demo").query("policy", "").body(policy.to_string()).send().await
}

#[track_caller]
fn assert_denied(answer: &Answer, action: &str, resource: &str) {
    let text = format!(
        "User: {USER} is not authorized to perform: {action} on resource: \"{resource}\" with an explicit deny in a \
         resource-based policy"
    );
    answer.assert_refused(403, "AccessDenied", &text);
}

fn kms<'a>(call: Call<'a>, key: &str) -> Call<'a> {
    call.header(SSE, "aws:kms").header(KMS_KEY_ID, key)
}

#[scenario]
async fn writes_that_do_not_ask_for_encryption_are_denied_as_the_documentation_teaches() {
    let client = Client::new().await;
    let object = json!(OBJECTS);
    let action = json!("s3:PutObject");
    set(
        &client,
        &[
            deny(&action, &object, &json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption": "aws:kms" } })),
            deny(&action, &object, &json!({ "Null": { "s3:x-amz-server-side-encryption": "true" } })),
        ],
    )
    .await;
    // The condition is on what the request says, not on what the bucket would make of it.
    let rule = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms\
                </SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
    client.put("demo").query("encryption", "").body(rule).send().await.assert_ok();
    let write = || client.put("demo/a").body("content");
    let copy = || client.put("demo/b").header("x-amz-copy-source", "demo/a");
    let upload = || client.post("demo/c").query("uploads", "");
    for (call, key) in [(write(), "a"), (write().header(SSE, "AES256"), "a"), (upload(), "c")] {
        assert_denied(&call.send().await, "s3:PutObject", &format!("arn:aws:s3:::demo/{key}"));
    }
    client.get("demo/a").send().await.assert_code(404, "NoSuchKey");
    kms(write(), "alias/documents").send().await.assert_ok();
    write().header(SSE, "aws:kms").send().await.assert_ok();
    assert_denied(&copy().send().await, "s3:PutObject", "arn:aws:s3:::demo/b");
    kms(copy(), "alias/documents").send().await.assert_ok();
    // Whether the headers are right is looked at later.
    let wrong = write().header(CUSTOMER_ALGORITHM, "AES256").send().await;
    assert_denied(&wrong, "s3:PutObject", "arn:aws:s3:::demo/a");
    assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "content", "reads are as they were");
}

#[scenario]
async fn parts_count_as_encrypted_as_their_upload_was_begun() {
    let client = Client::new().await;
    let condition = json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption": "aws:kms" } });
    set(&client, &[deny(&json!("s3:PutObject"), &json!(OBJECTS), &condition)]).await;
    let created = kms(client.post("demo/a").query("uploads", ""), "alias/documents").send().await.assert_ok();
    let id = created.element("UploadId").unwrap();
    let part = client.put("demo/a").query("partNumber", "1").query("uploadId", &id).body("content").send().await;
    let document = completion(&part.assert_ok().etag());
    client.post("demo/a").query("uploadId", &id).body(document).send().await.assert_ok();
}

#[scenario]
async fn an_uploads_id_says_nothing_of_a_write_that_is_no_part_of_it() {
    let client = Client::new().await;
    let condition = json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption": "aws:kms" } });
    set(&client, &[deny(&json!("s3:PutObject"), &json!(OBJECTS), &condition)]).await;
    let created = kms(client.post("demo/a").query("uploads", ""), "alias/documents").send().await.assert_ok();
    let id = created.element("UploadId").unwrap();
    for call in [client.put("demo/a").body("content"), client.post("demo/a").query("uploads", "")] {
        assert_denied(&call.query("uploadId", &id).send().await, "s3:PutObject", "arn:aws:s3:::demo/a");
    }
}

#[scenario]
async fn what_a_part_says_of_its_encryption_neither_breaks_a_policy_nor_meets_it() {
    let client = Client::with(|config| config.profile = Profile::Ceph).await;
    let begin = |key: &str| client.post(&format!("demo/{key}")).query("uploads", "");
    let plain = begin("plain").send().await.assert_ok().element("UploadId").unwrap();
    let created = kms(begin("sealed"), "alias/documents").send().await.assert_ok();
    let (sealed, arn) = (created.element("UploadId").unwrap(), created.header(KMS_KEY_ID).unwrap());
    let method = json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption": "aws:kms" } });
    let key = json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption-aws-kms-key-id": arn } });
    let deny = |condition| deny(&json!("s3:PutObject"), &json!(OBJECTS), condition);
    set(&client, &[deny(&method), deny(&key)]).await;
    let part = |key: &str, id: &str| {
        client.put(&format!("demo/{key}")).query("partNumber", "1").query("uploadId", id).body("content")
    };
    for call in [kms(part("sealed", &sealed), "alias/none"), part("sealed", &sealed).header(SSE, "AES256")] {
        assert_eq!(call.send().await.assert_ok().header(KMS_KEY_ID), Some(arn));
    }
    let refused = kms(part("plain", &plain), arn).send().await;
    assert_denied(&refused, "s3:PutObject", "arn:aws:s3:::demo/plain");
}

#[scenario]
async fn one_kms_key_is_demanded_by_its_arn_and_met_by_any_of_its_names() {
    let client = Client::new().await;
    let made = kms(client.put("demo/before"), "alias/documents").body("x").send().await.assert_ok();
    let arn = made.header(KMS_KEY_ID).unwrap().to_owned();
    let other = client.kms("CreateKey", json!({})).await.assert_ok().json();
    let other = other["KeyMetadata"]["Arn"].as_str().unwrap();
    let condition = json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption-aws-kms-key-id": arn } });
    set(&client, &[deny(&json!("s3:PutObject"), &json!(OBJECTS), &condition)]).await;
    let write = || client.put("demo/a").body("content");
    let id = arn.rsplit('/').next().unwrap();
    for name in [arn.as_str(), id, "alias/documents"] {
        kms(write(), name).send().await.assert_ok();
    }
    for call in [kms(write(), other), write(), write().header(SSE, "aws:kms")] {
        assert_denied(&call.send().await, "s3:PutObject", "arn:aws:s3:::demo/a");
    }
    // Where only a key that is named has to be this one.
    let name = "s3:x-amz-server-side-encryption-aws-kms-key-id";
    let condition = json!({ "ArnNotEquals": { name: arn }, "Null": { name: "false" } });
    set(&client, &[deny(&json!("s3:PutObject"), &json!(OBJECTS), &condition)]).await;
    write().send().await.assert_ok();
    assert_denied(&kms(write(), other).send().await, "s3:PutObject", "arn:aws:s3:::demo/a");
}

#[scenario]
async fn customer_keys_are_forbidden_or_demanded() {
    let client = Client::new().await;
    let key = "s3:x-amz-server-side-encryption-customer-algorithm";
    let write = || client.put("demo/a").body("content");
    set(&client, &[deny(&json!("s3:PutObject"), &json!(OBJECTS), &json!({ "Null": { key: "false" } }))]).await;
    assert_denied(&write().customer_key(&KEY).send().await, "s3:PutObject", "arn:aws:s3:::demo/a");
    write().send().await.assert_ok();
    set(&client, &[deny(&json!("s3:PutObject"), &json!(OBJECTS), &json!({ "Null": { key: true } }))]).await;
    assert_denied(&write().send().await, "s3:PutObject", "arn:aws:s3:::demo/a");
    write().customer_key(&KEY).send().await.assert_ok();
}

#[scenario]
async fn everything_over_plain_http_is_denied() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let condition = json!({ "Bool": { "aws:SecureTransport": "false" } });
    set(&client, &[deny(&json!("s3:*"), &json!([BUCKET, OBJECTS]), &condition)]).await;
    for (call, action, resource) in [
        (client.get("demo/a"), "s3:GetObject", "arn:aws:s3:::demo/a"),
        (client.put("demo/a").body("x"), "s3:PutObject", "arn:aws:s3:::demo/a"),
        (client.delete("demo/a"), "s3:DeleteObject", "arn:aws:s3:::demo/a"),
        (client.get("demo").query("list-type", "2"), "s3:ListBucket", BUCKET),
        (client.get("demo").query("versioning", ""), "s3:GetBucketVersioning", BUCKET),
        (client.delete("demo").query("policy", ""), "s3:DeleteBucketPolicy", BUCKET),
        (client.get("demo/a").presigned(60), "s3:GetObject", "arn:aws:s3:::demo/a"),
    ] {
        assert_denied(&call.insecure().send().await, action, resource);
    }
    assert_eq!(client.head("demo/a").insecure().send().await.status, 403);
    assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "content");
    assert_eq!(client.delete("demo").query("policy", "").send().await.status, 204);
    client.get("demo/a").insecure().send().await.assert_ok();
}

#[scenario]
async fn a_denial_is_for_whom_it_names() {
    let client = Client::with(with_users).await;
    let alice = client.also_as(ALICE);
    client.put("demo/a").body("content").send().await.assert_ok();
    let arn = "arn:aws:iam::111122223333:user/alice";
    let named = json!({ "Effect": "Deny", "Principal": { "AWS": arn }, "Action": "s3:Get*", "Resource": OBJECTS });
    let by_condition =
        deny(&json!("s3:GetObject"), &json!(OBJECTS), &json!({ "ArnLike": { "aws:PrincipalArn": arn } }));
    let all_others =
        json!({ "Effect": "Deny", "NotPrincipal": { "AWS": USER }, "Action": "s3:*", "Resource": OBJECTS });
    for statement in [named, by_condition, all_others] {
        set(&client, &[statement]).await;
        let refused = alice.get("demo/a").send().await;
        refused.assert_code(403, "AccessDenied");
        assert!(refused.element("Message").unwrap().starts_with(&format!("User: {arn} is not")));
        client.get("demo/a").send().await.assert_ok();
    }
    // The account's own may do everything that nobody denies, whomever a policy allows it.
    let allow =
        json!({ "Effect": "Allow", "Principal": { "AWS": arn }, "Action": "s3:GetObject", "Resource": OBJECTS });
    set(&client, &[allow]).await;
    client.get("demo/a").send().await.assert_ok();
    alice.put("demo/b").body("x").send().await.assert_ok();
}

#[scenario]
async fn listings_are_limited_by_prefix() {
    let client = Client::new().await;
    client.put("demo/open/a").body("x").send().await.assert_ok();
    let condition = json!({ "StringNotLike": { "s3:prefix": "open/*" } });
    set(&client, &[deny(&json!("s3:ListBucket"), &json!(BUCKET), &condition)]).await;
    let list = |prefix: &'static str| client.get("demo").query("list-type", "2").query("prefix", prefix).send();
    assert_eq!(list("open/").await.assert_ok().elements("Key"), ["open/a"]);
    assert_denied(&list("other/").await, "s3:ListBucket", BUCKET);
    assert_denied(&client.get("demo").send().await, "s3:ListBucket", BUCKET);
    // Whoever may not list is not told what is not there.
    assert_denied(&client.get("demo/none").send().await, "s3:ListBucket", BUCKET);
    assert_eq!(client.head("demo/none").send().await.status, 403);
}

#[scenario]
async fn tags_decide_who_may_read_and_what_may_be_written() {
    let client = Client::new().await;
    for (key, tag) in [("a", "secret=yes"), ("b", "secret=no")] {
        client.put(&format!("demo/{key}")).header("x-amz-tagging", tag).body("content").send().await.assert_ok();
    }
    let secret = json!({ "StringEquals": { "s3:ExistingObjectTag/secret": "yes" } });
    let untagged = json!({ "Null": { "s3:RequestObjectTag/secret": "true" } });
    let statements = [
        deny(&json!("s3:GetObject"), &json!(OBJECTS), &secret),
        deny(&json!("s3:PutObject"), &json!(OBJECTS), &untagged),
    ];
    set(&client, &statements).await;
    assert_denied(&client.get("demo/a").send().await, "s3:GetObject", "arn:aws:s3:::demo/a");
    client.get("demo/b").send().await.assert_ok();
    assert_denied(&client.put("demo/c").body("x").send().await, "s3:PutObject", "arn:aws:s3:::demo/c");
    client.put("demo/c").header("x-amz-tagging", "secret=no").body("x").send().await.assert_ok();
    set(&client, &[deny(&json!("s3:PutObjectTagging"), &json!(OBJECTS), &json!({}))]).await;
    let tagged = client.put("demo/c").header("x-amz-tagging", "a=b").body("x").send().await;
    assert_denied(&tagged, "s3:PutObjectTagging", "arn:aws:s3:::demo/c");
    client.put("demo/c").body("x").send().await.assert_ok();
    let wrong = json!({ "StringNotEquals": { "s3:RequestObjectTag/secret": "no" } });
    set(&client, &[deny(&json!("s3:PutObjectTagging"), &json!(OBJECTS), &wrong)]).await;
    let put = |value: &str| {
        let tag = format!("<Tag><Key>secret</Key><Value>{value}</Value></Tag>");
        let document = format!("<Tagging><TagSet>{tag}</TagSet></Tagging>");
        client.put("demo/c").query("tagging", "").body(document)
    };
    assert_denied(&put("yes").send().await, "s3:PutObjectTagging", "arn:aws:s3:::demo/c");
    put("no").send().await.assert_ok();
}

#[scenario]
async fn versions_have_actions_of_their_own() {
    let client = Client::new().await;
    let document = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    client.put("demo").query("versioning", "").body(document).send().await.assert_ok();
    let write = || client.put("demo/a").body("content").send();
    let id = |answer: &Answer| answer.header("x-amz-version-id").unwrap().to_owned();
    let [first, second] = [id(&write().await), id(&write().await)];
    let condition = json!({ "StringEquals": { "s3:VersionId": first } });
    set(&client, &[deny(&json!("s3:GetObjectVersion"), &json!(OBJECTS), &condition)]).await;
    let read = |id: &str| client.get("demo/a").query("versionId", id).send();
    assert_denied(&read(&first).await, "s3:GetObjectVersion", "arn:aws:s3:::demo/a");
    read(&second).await.assert_ok();
    let copy = client.put("demo/b").header("x-amz-copy-source", &format!("demo/a?versionId={first}")).send().await;
    assert_denied(&copy, "s3:GetObjectVersion", "arn:aws:s3:::demo/a");
    // What only looks like a version's id is none, here as for the operation.
    set(&client, &[deny(&json!("s3:GetObject"), &json!(OBJECTS), &json!({}))]).await;
    for call in [
        client.get("demo/a").query("versionid", &first),
        client.get("demo/a").query("versionId", &first).query("versionId", &second),
    ] {
        assert_ne!(call.send().await.status, 200);
    }
    read(&first).await.assert_ok();
    set(&client, &[deny(&json!("s3:DeleteObjectVersion"), &json!(OBJECTS), &json!({}))]).await;
    let deleted = client.delete("demo/a").query("versionId", &first).send().await;
    assert_denied(&deleted, "s3:DeleteObjectVersion", "arn:aws:s3:::demo/a");
    assert_eq!(client.delete("demo/a").send().await.status, 204, "a delete marker keeps all versions");
}

#[scenario]
async fn copies_read_their_source_with_the_rights_of_their_caller() {
    let client = Client::new().await;
    client.put("other-bucket").send().await.assert_ok();
    client.put("demo/a").body("content").send().await.assert_ok();
    set(&client, &[deny(&json!("s3:GetObject"), &json!(OBJECTS), &json!({}))]).await;
    let copy = client.put("other-bucket/a").header("x-amz-copy-source", "demo/a").send().await;
    assert_denied(&copy, "s3:GetObject", "arn:aws:s3:::demo/a");
    client.get("other-bucket/a").send().await.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn of_many_objects_those_are_deleted_that_may_be() {
    let client = Client::new().await;
    for key in ["a", "kept/b"] {
        client.put(&format!("demo/{key}")).body("x").send().await.assert_ok();
    }
    set(&client, &[deny(&json!("s3:DeleteObject"), &json!("arn:aws:s3:::demo/kept/*"), &json!({}))]).await;
    let document = "<Delete><Object><Key>a</Key></Object><Object><Key>kept/b</Key></Object></Delete>";
    let call = client.post("demo").query("delete", "").header("content-md5", &digest(document.as_bytes()));
    let answer = call.body(document).send().await.assert_ok();
    assert_eq!(
        (answer.elements("Key"), answer.elements("Code")),
        (vec!["a".into(), "kept/b".into()], vec!["AccessDenied".into()])
    );
    client.get("demo/kept/b").send().await.assert_ok();
}

#[scenario]
async fn policies_are_put_given_back_as_they_were_and_removed() {
    let client = Client::new().await;
    let get = || client.get("demo").query("policy", "").send();
    let none = get().await;
    none.assert_refused(404, "NoSuchBucketPolicy", "The bucket policy does not exist");
    assert_eq!(none.element("BucketName").as_deref(), Some("demo"));
    client.get("demo").query("policyStatus", "").send().await.assert_code(404, "NoSuchBucketPolicy");
    let statement = deny(&json!("s3:GetObject"), &json!(OBJECTS), &json!({}));
    let policy = format!("{{ \"Statement\":  [{statement}] }}");
    let put = |policy: &str| client.put("demo").query("policy", "").body(policy).send();
    assert_eq!(put(&policy).await.status, 204);
    let client = &client.restarted(|_| ()).await;
    let given = client.get("demo").query("policy", "").send().await.assert_ok();
    assert_eq!((given.text(), given.header("content-type")), (policy.as_str(), Some("application/json")));
    let status = client.get("demo").query("policyStatus", "").send().await.assert_ok();
    assert_eq!(status.element("IsPublic").as_deref(), Some("false"));
    assert_denied(&client.get("demo/a").send().await, "s3:GetObject", "arn:aws:s3:::demo/a");
    for _ in 0..2 {
        assert_eq!(client.delete("demo").query("policy", "").send().await.status, 204);
    }
    client.get("demo/a").send().await.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn what_is_no_policy_is_refused_in_s3s_words() {
    let client = Client::new().await;
    for (policy, message) in [
        ("", "Policies must be valid JSON and the first byte must be '{'"),
        ("invalid json", "Policies must be valid JSON and the first byte must be '{'"),
        ("{}", "Missing required field Statement"),
    ] {
        let refused = client.put("demo").query("policy", "").body(policy).send().await;
        refused.assert_refused(400, "MalformedPolicy", message);
    }
    let refused = put(&client, &[deny(&json!("s3:GetObject"), &json!(BUCKET), &json!({}))]).await;
    refused.assert_refused(400, "MalformedPolicy", "Action does not apply to any resource(s) in statement");
    let unclosed = json!("arn:aws:s3:::demo/${aws:username");
    put(&client, &[deny(&json!("s3:GetObject"), &unclosed, &json!({}))]).await.assert_code(400, "MalformedPolicy");
    client.get("demo").query("policy", "").send().await.assert_code(404, "NoSuchBucketPolicy");
    client.put("none").query("policy", "").body("{}").send().await.assert_code(404, "NoSuchBucket");
}
