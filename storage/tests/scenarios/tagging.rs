//! Tags of objects, of their versions, and of buckets. The answers are Amazon's, as recorded in `LocalStack`'s snapshots
//! (`tests/aws/services/s3/test_s3_api.snapshot.json`, Apache-2.0).

use crate::support::{Answer, Call, Client, completion, scenario};

const TAGGING: &str = "x-amz-tagging";

fn document(tags: &[(&str, &str)]) -> String {
    let tag = |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.iter().map(tag).collect::<String>())
}

fn put<'a>(client: &'a Client, path: &str, tags: &[(&str, &str)]) -> Call<'a> {
    client.put(path).query("tagging", "").body(document(tags))
}

async fn tags(client: &Client, path: &str) -> Vec<(String, String)> {
    pairs(&client.get(path).query("tagging", "").send().await.assert_ok())
}

fn pairs(answer: &Answer) -> Vec<(String, String)> {
    answer.elements("Key").into_iter().zip(answer.elements("Value")).collect()
}

fn owned(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[scenario]
async fn objects_are_tagged_when_they_are_written_and_later() {
    let client = Client::new().await;
    client.put("demo/a").header(TAGGING, "tag1=one&tag2=").body("content").send().await.assert_ok();
    assert_eq!(tags(&client, "demo/a").await, owned(&[("tag1", "one"), ("tag2", "")]));
    for method in ["GET", "HEAD"] {
        let answer = client.call(method, "demo/a").send().await.assert_ok();
        assert_eq!(answer.header("x-amz-tagging-count"), Some("2"), "{method}");
    }
    put(&client, "demo/a", &[("tag3", "three")]).send().await.assert_ok();
    assert_eq!(tags(&client, "demo/a").await, owned(&[("tag3", "three")]));
    assert_eq!(client.get("demo/a").send().await.text(), "content", "the content is as it was");
    let client = client.restarted(|_| ()).await;
    assert_eq!(tags(&client, "demo/a").await, owned(&[("tag3", "three")]), "also after a restart");
    assert_eq!(client.delete("demo/a").query("tagging", "").send().await.status, 204);
    assert_eq!(tags(&client, "demo/a").await, []);
    assert_eq!(client.get("demo/a").send().await.header("x-amz-tagging-count"), None);
    client.put("demo/a").header(TAGGING, "a=b").body("content").send().await.assert_ok();
    client.put("demo/a").body("content").send().await.assert_ok();
    assert_eq!(tags(&client, "demo/a").await, [], "a new object has no tags");
}

#[scenario]
async fn copies_take_tags_along_unless_they_are_given_others() {
    let client = Client::new().await;
    client.put("demo/a").header(TAGGING, "from=source").body("content").send().await.assert_ok();
    let copy = || client.put("demo/b").header("x-amz-copy-source", "demo/a");
    copy().send().await.assert_ok();
    assert_eq!(tags(&client, "demo/b").await, owned(&[("from", "source")]));
    copy().header(TAGGING, "from=request").send().await.assert_ok();
    assert_eq!(tags(&client, "demo/b").await, owned(&[("from", "source")]), "they are copied unless they are replaced");
    let replaced = copy().header(TAGGING, "from=request").header("x-amz-tagging-directive", "REPLACE");
    replaced.send().await.assert_ok();
    assert_eq!(tags(&client, "demo/b").await, owned(&[("from", "request")]));
    copy().header("x-amz-tagging-directive", "REPLACE").send().await.assert_ok();
    assert_eq!(tags(&client, "demo/b").await, []);
}

#[scenario]
async fn uploads_in_parts_are_tagged_when_they_are_begun() {
    let client = Client::new().await;
    let created = client.post("demo/a").query("uploads", "").header(TAGGING, "a=b").send().await.assert_ok();
    let id = created.element("UploadId").unwrap();
    let part = client.put("demo/a").query("partNumber", "1").query("uploadId", &id).body("content").send().await;
    let document = completion(&part.assert_ok().etag());
    client.post("demo/a").query("uploadId", &id).body(document).send().await.assert_ok();
    assert_eq!(tags(&client, "demo/a").await, owned(&[("a", "b")]));
}

#[scenario]
async fn each_version_has_its_tags_and_a_delete_marker_none() {
    let client = Client::new().await;
    let document = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    client.put("demo").query("versioning", "").body(document).send().await.assert_ok();
    let write = |tags: &'static str| client.put("demo/a").header(TAGGING, tags).body(tags).send();
    let id = |answer: &Answer| answer.header("x-amz-version-id").unwrap().to_owned();
    let [first, second] = [id(&write("v=1").await), id(&write("v=2").await)];
    let of = |id: &str| client.get("demo/a").query("tagging", "").query("versionId", id).send();
    for (version, value) in [(&first, "1"), (&second, "2")] {
        let got = of(version).await.assert_ok();
        assert_eq!((pairs(&got), id(&got)), (owned(&[("v", value)]), version.clone()));
    }
    let changed = put(&client, "demo/a", &[("v", "one")]).query("versionId", &first).send().await.assert_ok();
    assert_eq!(id(&changed), first);
    assert_eq!(pairs(&of(&first).await), owned(&[("v", "one")]));
    let newest = client.get("demo/a").query("tagging", "").send().await.assert_ok();
    assert_eq!((pairs(&newest), id(&newest)), (owned(&[("v", "2")]), second));
    let marker = id(&client.delete("demo/a").send().await);
    for method in ["GET", "PUT", "DELETE"] {
        for version in [None, Some(marker.as_str())] {
            let call = client.call(method, "demo/a").query("tagging", "");
            let call = version.into_iter().fold(call, |call, id| call.query("versionId", id));
            let call = if method == "PUT" { call.body("<Tagging><TagSet/></Tagging>") } else { call };
            let refused = call.send().await;
            refused.assert_code(405, "MethodNotAllowed");
            assert_eq!(refused.element("Method").as_deref(), Some(method));
        }
    }
}

#[scenario]
async fn buckets_are_tagged() {
    let client = Client::new().await;
    let get = || client.get("demo").query("tagging", "").send();
    let none = get().await;
    none.assert_refused(404, "NoSuchTagSet", "The TagSet does not exist");
    assert_eq!(none.element("BucketName").as_deref(), Some("demo"));
    assert_eq!(put(&client, "demo", &[("tag2", ""), ("tag1", "a")]).send().await.status, 204);
    assert_eq!(tags(&client, "demo").await, owned(&[("tag1", "a"), ("tag2", "")]));
    let created = client.put("other-bucket").body(
        "<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>",
    );
    created.send().await.assert_ok();
    assert_eq!(tags(&client, "other-bucket").await, owned(&[("a", "b")]));
    assert_eq!(client.delete("demo").query("tagging", "").send().await.status, 204);
    get().await.assert_code(404, "NoSuchTagSet");
    for call in
        [put(&client, "none", &[]), client.get("none").query("tagging", ""), client.delete("none").query("tagging", "")]
    {
        call.send().await.assert_code(404, "NoSuchBucket");
    }
}

#[scenario]
async fn what_cannot_be_a_tag_is_refused_in_s3s_words() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    for (path, sent, message, value) in [
        ("demo", [("Key1", "a"), ("Key1", "b")], "Cannot provide multiple Tags with the same key", None),
        ("demo", [("k", "a"), ("Key1,Key2", "b")], "The TagKey you have provided is invalid", None),
        ("demo", [("k", "a"), ("Key1", "Val1,Val2")], "The TagValue you have provided is invalid", Some("Val1,Val2")),
        ("demo", [("k", "a"), ("aws:prefixed", "b")], "System tags cannot be added/updated by requester", None),
        ("demo/a", [("Key1", "a"), ("Key1", "b")], "Cannot provide multiple Tags with the same key", None),
        ("demo/a", [("k", "a"), ("Key1,Key2", "b")], "The TagKey you have provided is invalid", None),
        ("demo/a", [("k", "a"), ("aws:prefixed", "b")], "Your TagKey cannot be prefixed with aws:", None),
    ] {
        let refused = put(&client, path, &sent).send().await;
        refused.assert_refused(400, "InvalidTag", message);
        assert_eq!(refused.element("TagKey").as_deref(), Some(sent[1].0));
        assert_eq!(refused.element("TagValue").as_deref(), value);
    }
    let text = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag \
                name duplicates.";
    for header in ["key1=val1&key1=val2", "key1=val1,key2=val2"] {
        let refused = client.put("demo/b").header(TAGGING, header).body("x").send().await;
        refused.assert_refused(400, "InvalidArgument", text);
        assert_eq!(refused.element("ArgumentName").as_deref(), Some(TAGGING));
        assert_eq!(refused.element("ArgumentValue").as_deref(), Some(header));
    }
    client.get("demo/b").send().await.assert_code(404, "NoSuchKey");
    let many: Vec<String> = (0..11).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
    put(&client, "demo/a", &many).send().await.assert_refused(
        400,
        "BadRequest",
        "Object tags cannot be greater than 10",
    );
    put(&client, "demo/a", &many[..10]).send().await.assert_ok();
    for (method, key) in [("GET", "demo/none"), ("PUT", "none"), ("DELETE", "none")] {
        let call = client.call(method, "demo/none").query("tagging", "");
        let refused = call.body(if method == "PUT" { document(&[]) } else { String::new() }).send().await;
        refused.assert_refused(404, "NoSuchKey", "The specified key does not exist.");
        assert_eq!(refused.element("Key").as_deref(), Some(key));
    }
}
