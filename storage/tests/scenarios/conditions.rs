//! Conditional requests, and what is stored and given back beside the bytes.

use crate::support::{Client, digest, scenario};

#[scenario]
async fn reads_follow_etags() {
    let client = Client::new().await;
    let etag = client.put("demo/a").body("content").send().await.assert_ok().header("etag").unwrap().to_owned();
    for method in ["GET", "HEAD"] {
        let call = |name: &str, value: &str| client.call(method, "demo/a").header(name, value).send();
        assert_eq!(call("if-match", &etag).await.status, 200);
        assert_eq!(call("if-match", "\"other\"").await.status, 412);
        assert_eq!(call("if-none-match", "\"other\"").await.status, 200);
        let unchanged = call("if-none-match", &etag).await;
        assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
        assert_eq!(unchanged.header("etag"), Some(etag.as_str()));
    }
}

#[scenario]
async fn reads_follow_dates() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let head = client.head("demo/a").send().await;
    let modified = head.header("last-modified").unwrap();
    let (past, future) = ("Mon, 01 Jan 2024 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    let get = |name: &'static str, value: &str| client.get("demo/a").header(name, value).send();
    assert_eq!(get("if-modified-since", past).await.status, 200);
    assert_eq!(get("if-modified-since", modified).await.status, 304);
    assert_eq!(get("if-unmodified-since", past).await.status, 412);
    assert_eq!(get("if-unmodified-since", modified).await.status, 200);
    assert_eq!(get("if-unmodified-since", future).await.status, 200);
}

#[scenario]
async fn writes_can_insist_on_what_is_there() {
    let client = Client::new().await;
    let create = || client.put("demo/a").header("if-none-match", "*").body("first");
    let etag = create().send().await.assert_ok().header("etag").unwrap().to_owned();
    create().send().await.assert_code(412, "PreconditionFailed");
    let replace = |etag: &str| client.put("demo/a").header("if-match", etag).body("second").send();
    replace("\"other\"").await.assert_code(412, "PreconditionFailed");
    replace(&etag).await.assert_ok();
    replace(&etag).await.assert_code(412, "PreconditionFailed");
    client.put("demo/b").header("if-match", &etag).body("x").send().await.assert_code(404, "NoSuchKey");
    assert_eq!(client.get("demo/a").send().await.text(), "second");
}

#[scenario]
async fn headers_and_metadata_are_given_back() {
    let client = Client::new().await;
    let headers = [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-encoding", "identity"),
        ("content-disposition", "attachment"),
        ("content-language", "mi"),
        ("cache-control", "no-store"),
        ("x-amz-meta-a", "one"),
        ("x-amz-meta-x-amz-iv", "AAAA"),
    ];
    let put = headers.iter().fold(client.put("demo/a"), |call, (name, value)| call.header(name, value));
    put.body("content").send().await.assert_ok();
    for answer in [client.get("demo/a").send().await, client.head("demo/a").send().await] {
        for (name, value) in headers {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        assert!(answer.header("x-amz-request-id").is_some());
    }
    let overridden = client.get("demo/a").query("response-content-type", "image/png").send().await.assert_ok();
    assert_eq!(overridden.header("content-type"), Some("image/png"));
}

#[scenario]
async fn buckets_are_made_found_and_removed() {
    let client = Client::new().await;
    client.put("demo").send().await.assert_code(409, "BucketAlreadyOwnedByYou");
    client.put("other-bucket").send().await.assert_ok();
    let listed = client.get("").send().await.assert_ok();
    assert_eq!(listed.elements("Name"), ["demo", "other-bucket"]);
    assert_eq!(client.head("demo").send().await.header("x-amz-bucket-region"), Some("us-east-1"));
    assert_eq!(client.head("none").send().await.status, 404);
    client.get("demo").query("location", "").send().await.assert_ok();
    client.put("demo/a").body("x").send().await.assert_ok();
    client.delete("demo").send().await.assert_code(409, "BucketNotEmpty");
    client.put("none/a").body("x").send().await.assert_code(404, "NoSuchBucket");
    assert_eq!(client.delete("demo/a").send().await.status, 204);
    assert_eq!(client.delete("demo/a").send().await.status, 204, "deleting what is not there is no fault");
    assert_eq!(client.delete("demo").send().await.status, 204);
    client.get("demo/a").send().await.assert_code(404, "NoSuchBucket");
    client.put("UPPER").send().await.assert_code(400, "InvalidBucketName");
}

#[scenario]
async fn many_objects_are_deleted_at_once() {
    let client = Client::new().await;
    for key in ["a", "b", "c"] {
        client.put(&format!("demo/{key}")).body("x").send().await.assert_ok();
    }
    let object = |key: &str| format!("<Object><Key>{key}</Key></Object>");
    let document = format!("<Delete>{}{}{}</Delete>", object("a"), object("c"), object("none"));
    let md5 = {
        use base64::{Engine, engine::general_purpose::STANDARD};
        use md5::{Digest, Md5};
        STANDARD.encode(Md5::digest(&document))
    };
    let deleted = client.post("demo").query("delete", "").header("content-md5", &md5).body(document).send().await;
    assert_eq!(deleted.assert_ok().elements("Key"), ["a", "c", "none"]);
    assert_eq!(client.get("demo").query("list-type", "2").send().await.elements("Key"), ["b"]);
}

#[scenario]
async fn of_many_objects_those_are_deleted_that_are_as_they_were_seen() {
    let client = Client::new().await;
    let put = async |key: &str, body: &str| {
        client.put(&format!("demo/{key}")).body(body).send().await.assert_ok().header("etag").unwrap().to_owned()
    };
    let (a, b) = (put("a", "x").await, put("b", "x").await);
    put("b", "changed since").await;
    let object = |key: &str, etag: &str| format!("<Object><Key>{key}</Key><ETag>{etag}</ETag></Object>");
    let document = format!("<Delete>{}{}{}</Delete>", object("a", &a), object("b", &b), object("none", &a));
    let md5 = digest(document.as_bytes());
    let call = client.post("demo").query("delete", "").header("content-md5", &md5).body(document);
    let answer = call.send().await.assert_ok();
    assert_eq!(answer.elements("Code"), ["PreconditionFailed", "NoSuchKey"]);
    assert_eq!(answer.elements("Key"), ["a", "b", "none"]);
    assert_eq!(client.get("demo").query("list-type", "2").send().await.elements("Key"), ["b"]);
}
