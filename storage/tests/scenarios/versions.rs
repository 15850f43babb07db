//! Versions: kept, read, listed, copied and removed by their ids, each encrypted on its own.

use s3_storage_sim::store::Backend;

use crate::support::{Answer, Client, KMS_KEY_ID, SSE, completion, digest, scenario};

const KEY: [u8; 32] = [7; 32];

async fn versioned() -> Client {
    let client = Client::new().await;
    set(&client, "Enabled").await;
    client
}

async fn set(client: &Client, status: &str) {
    let document = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    client.put("demo").query("versioning", "").body(document).send().await.assert_ok();
}

/// Writes a version and gives its id.
async fn write(client: &Client, content: &str) -> String {
    id(&client.put("demo/a").body(content).send().await.assert_ok())
}

#[track_caller]
fn id(answer: &Answer) -> String {
    answer.header("x-amz-version-id").expect("a version's id").to_owned()
}

async fn read(client: &Client, id: &str) -> Answer {
    client.get("demo/a").query("versionId", id).send().await
}

async fn delete(client: &Client, id: &str) -> Answer {
    client.delete("demo/a").query("versionId", id).send().await
}

async fn list(client: &Client, query: &[(&str, &str)]) -> Answer {
    let call = client.get("demo").query("versions", "");
    query.iter().fold(call, |call, (name, value)| call.query(name, value)).send().await.assert_ok()
}

async fn delete_many(client: &Client, objects: &[(&str, Option<&str>)]) -> Answer {
    let object = |(key, id): &(&str, Option<&str>)| {
        let id = id.map(|id| format!("<VersionId>{id}</VersionId>")).unwrap_or_default();
        format!("<Object><Key>{key}</Key>{id}</Object>")
    };
    let document = format!("<Delete>{}</Delete>", objects.iter().map(object).collect::<String>());
    let md5 = digest(document.as_bytes());
    client.post("demo").query("delete", "").header("content-md5", &md5).body(document).send().await.assert_ok()
}

#[scenario]
async fn a_bucket_says_whether_it_keeps_versions() {
    let client = Client::new().await;
    let state = || client.get("demo").query("versioning", "").send();
    assert_eq!(state().await.assert_ok().element("Status"), None);
    for status in ["Enabled", "Suspended"] {
        set(&client, status).await;
        assert_eq!(state().await.assert_ok().element("Status").as_deref(), Some(status));
    }
    let put = |document: &'static str| client.put("demo").query("versioning", "").body(document).send();
    let other = put("<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>").await;
    other.assert_refused(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    );
    let empty = put("<VersioningConfiguration/>").await;
    let text = "The Versioning element must be specified";
    empty.assert_refused(400, "IllegalVersioningConfigurationException", text);
    let none = client.put("none").query("versioning", "").body("<VersioningConfiguration/>").send().await;
    none.assert_code(404, "NoSuchBucket");
}

#[scenario]
async fn each_version_is_read_by_its_id_and_the_newest_without() {
    let client = versioned().await;
    let [first, second] = [write(&client, "first").await, write(&client, "second").await];
    assert_ne!(first, second);
    for (wanted, content) in [(&first, "first"), (&second, "second")] {
        let got = read(&client, wanted).await.assert_ok();
        assert_eq!((got.text(), id(&got)), (content, wanted.clone()));
        let head = client.head("demo/a").query("versionId", wanted).send().await.assert_ok();
        assert_eq!((id(&head), head.etag()), (wanted.clone(), got.etag()));
        let call = client.get("demo/a").query("attributes", "").query("versionId", wanted);
        let attributes = call.header("x-amz-object-attributes", "ETag").send().await.assert_ok();
        assert_eq!((attributes.element("ETag"), id(&attributes)), (Some(got.etag()), wanted.clone()));
    }
    let newest = client.get("demo/a").send().await.assert_ok();
    assert_eq!((newest.text(), id(&newest)), ("second", second));
}

#[scenario]
async fn ids_that_were_never_given_are_told_from_those_that_are_gone() {
    let client = versioned().await;
    let gone = write(&client, "content").await;
    let deleted = delete(&client, &gone).await;
    assert_eq!((deleted.status, id(&deleted)), (204, gone.clone()));
    let missing = read(&client, &gone).await;
    missing.assert_refused(404, "NoSuchVersion", "The specified version does not exist.");
    assert_eq!((missing.element("Key"), missing.element("VersionId")), (Some("a".into()), Some(gone.clone())));
    assert_eq!(missing.header("x-amz-version-id"), None);
    assert_eq!(delete(&client, &gone).await.status, 204, "it is gone, as was asked");
    let other = format!("{}ABCD", &gone[..28]);
    for answer in [read(&client, &other).await, delete(&client, &other).await] {
        answer.assert_refused(400, "InvalidArgument", "Invalid version id specified");
        let argument = (answer.element("ArgumentName"), answer.element("ArgumentValue"));
        assert_eq!(argument, (Some("versionId".into()), Some(other.clone())));
    }
}

#[scenario]
async fn a_deletion_leaves_a_marker_that_hides_and_keeps() {
    let client = versioned().await;
    let content = write(&client, "content").await;
    let deleted = client.delete("demo/a").send().await;
    let marker = id(&deleted);
    assert_eq!((deleted.status, deleted.header("x-amz-delete-marker")), (204, Some("true")));
    for method in ["GET", "HEAD"] {
        let hidden = client.call(method, "demo/a").send().await;
        assert_eq!((hidden.status, hidden.header("x-amz-delete-marker")), (404, Some("true")));
        assert_eq!(id(&hidden), marker);
        let by_id = client.call(method, "demo/a").query("versionId", &marker).send().await;
        assert_eq!(
            (by_id.status, by_id.header("x-amz-delete-marker"), by_id.header("allow")),
            (405, Some("true"), Some("DELETE"))
        );
        assert!(by_id.header("last-modified").is_some_and(|date| date.ends_with("GMT")));
        if method == "GET" {
            hidden.assert_refused(404, "NoSuchKey", "The specified key does not exist.");
            let text = "The specified method is not allowed against this resource.";
            by_id.assert_refused(405, "MethodNotAllowed", text);
            let fields = (by_id.element("Method"), by_id.element("ResourceType"));
            assert_eq!(fields, (Some("GET".into()), Some("DeleteMarker".into())));
        }
    }
    assert_eq!(client.get("demo").query("list-type", "2").send().await.elements("Key"), [""; 0]);
    assert_eq!(read(&client, &content).await.assert_ok().text(), "content");
    let removed = delete(&client, &marker).await;
    assert_eq!((removed.status, removed.header("x-amz-delete-marker"), id(&removed)), (204, Some("true"), marker));
    assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "content", "it is there again");
    let of_nothing = client.delete("demo/never").send().await;
    assert_eq!((of_nothing.status, of_nothing.header("x-amz-delete-marker")), (204, Some("true")));
}

#[scenario]
async fn many_versions_are_deleted_at_once() {
    let client = versioned().await;
    let first = write(&client, "first").await;
    let marked = delete_many(&client, &[("a", None), ("b", None)]).await;
    let markers = marked.elements("DeleteMarkerVersionId");
    assert_eq!((markers.len(), marked.elements("DeleteMarker")), (2, vec!["true".to_owned(); 2]));
    assert_eq!(marked.elements("VersionId"), [""; 0]);
    let removed = delete_many(&client, &[("a", Some(&markers[0])), ("a", Some(&first))]).await;
    assert_eq!(removed.elements("VersionId"), [markers[0].clone(), first]);
    assert_eq!(removed.elements("DeleteMarkerVersionId"), [markers[0].clone()]);
    let refused = delete_many(&client, &[("a", Some("HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"))]).await;
    assert_eq!((refused.elements("Code"), refused.elements("Deleted").len()), (vec!["NoSuchVersion".to_owned()], 0));
    assert_eq!(list(&client, &[]).await.elements("Key"), ["b"]);
    for number in [0, 1001] {
        let document = format!("<Delete>{}</Delete>", "<Object><Key>b</Key></Object>".repeat(number));
        let call = client.post("demo").query("delete", "").header("content-md5", &digest(document.as_bytes()));
        call.body(document).send().await.assert_code(400, "MalformedXML");
    }
}

#[scenario]
async fn what_was_there_before_and_what_comes_when_suspended_is_the_null_version() {
    let client = Client::new().await;
    let before = client.put("demo/a").body("before").send().await.assert_ok();
    assert_eq!(before.header("x-amz-version-id"), None);
    let got = read(&client, "null").await.assert_ok();
    assert_eq!((got.text(), got.header("x-amz-version-id")), ("before", None), "such buckets say nothing of versions");
    set(&client, "Enabled").await;
    let numbered = write(&client, "numbered").await;
    assert_eq!(id(&read(&client, "null").await.assert_ok()), "null");
    set(&client, "Suspended").await;
    let suspended = client.put("demo/a").body("suspended").send().await.assert_ok();
    assert_eq!(suspended.header("x-amz-version-id"), None);
    let newest = client.get("demo/a").send().await.assert_ok();
    assert_eq!((newest.text(), id(&newest)), ("suspended", "null".to_owned()));
    assert_eq!(list(&client, &[]).await.elements("VersionId"), ["null".to_owned(), numbered.clone()]);
    assert_eq!(client.backend.blobs().await.unwrap().len(), 2, "the null version was replaced");
    let deleted = client.delete("demo/a").send().await;
    assert_eq!((id(&deleted), deleted.header("x-amz-delete-marker")), ("null".to_owned(), Some("true")));
    assert_eq!(client.backend.blobs().await.unwrap().len(), 1);
    assert_eq!(read(&client, &numbered).await.assert_ok().text(), "numbered");
}

#[scenario]
async fn versions_of_all_modes_lie_side_by_side_and_survive_a_restart() {
    let client = versioned().await;
    let plain = id(&client.put("demo/a").body("SSE-S3").send().await.assert_ok());
    let kms = client.put("demo/a").header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents").body("SSE-KMS");
    let kms = id(&kms.send().await.assert_ok());
    let dsse = client.put("demo/a").header(SSE, "aws:kms:dsse").header(KMS_KEY_ID, "alias/documents").body("DSSE-KMS");
    let dsse = id(&dsse.send().await.assert_ok());
    let customer = id(&client.put("demo/a").customer_key(&KEY).body("SSE-C").send().await.assert_ok());
    let marker = id(&client.delete("demo/a").send().await);
    let client = client.restarted(|_| ()).await;
    for (id, content) in [(&plain, "SSE-S3"), (&kms, "SSE-KMS"), (&dsse, "DSSE-KMS")] {
        assert_eq!(read(&client, id).await.assert_ok().text(), content);
    }
    read(&client, &customer).await.assert_code(400, "InvalidRequest");
    let with_key = client.get("demo/a").query("versionId", &customer).customer_key(&KEY);
    assert_eq!(with_key.send().await.assert_ok().text(), "SSE-C");
    read(&client, &marker).await.assert_code(405, "MethodNotAllowed");
    let order = [&customer, &dsse, &kms, &plain].map(Clone::clone);
    let listed = list(&client, &[]).await;
    let versions: Vec<String> = listed
        .elements("Version")
        .iter()
        .map(|xml| {
            let (_, rest) = xml.split_once("<VersionId>").unwrap();
            rest.split_once("</VersionId>").unwrap().0.to_owned()
        })
        .collect();
    assert_eq!(versions, order, "newest first");
    let wrapped = async |id: &str| client.storage.inspect_version("demo", "a", id).await.unwrap().wrapped_data_key;
    assert_ne!(wrapped(&plain).await, wrapped(&kms).await, "each has a data key of its own");
    assert_eq!(client.storage.inspect_version("demo", "a", &marker).await, None);
    let removed = delete(&client, &marker).await;
    assert_eq!(removed.status, 204);
    assert_eq!(id(&client.head("demo/a").customer_key(&KEY).send().await.assert_ok()), customer);
}

#[scenario]
async fn a_versions_bytes_are_not_anothers() {
    let client = versioned().await;
    let mut made = Vec::new();
    for content in ["first version", "other version"] {
        let blob = client.blob_made_by(client.put("demo/a").body(content).send()).await;
        made.push((id(&client.head("demo/a").send().await), blob));
    }
    let [(first, one), (second, other)] = &made[..] else { panic!("two versions") };
    let old = client.backend.chunk(one, 0).await.unwrap().unwrap();
    let new = client.backend.chunk(other, 0).await.unwrap().unwrap();
    client.backend.put_chunk(one, 0, new).await.unwrap();
    client.backend.put_chunk(other, 0, old).await.unwrap();
    for version in [first, second] {
        read(&client, version).await.assert_code(500, "InternalError");
    }
}

#[scenario]
async fn copies_are_of_the_version_that_they_name() {
    let client = versioned().await;
    let [first, second] = [write(&client, "first").await, write(&client, "second").await];
    let copy = |to: &str, source: String| client.put(to).header("x-amz-copy-source", &source);
    let newest = copy("demo/b", "demo/a".to_owned()).send().await.assert_ok();
    assert_eq!(newest.header("x-amz-copy-source-version-id"), Some(second.as_str()));
    let older = copy("demo/b", format!("demo/a?versionId={first}")).send().await.assert_ok();
    assert_eq!(older.header("x-amz-copy-source-version-id"), Some(first.as_str()));
    assert_ne!(id(&older), first);
    assert_eq!(client.get("demo/b").send().await.text(), "first");
    let restored = copy("demo/a", format!("demo/a?versionId={first}")).send().await.assert_ok();
    assert_eq!(client.get("demo/a").query("versionId", &id(&restored)).send().await.text(), "first");
    let upload = client.post("demo/c").query("uploads", "").send().await.assert_ok().element("UploadId").unwrap();
    let part = copy("demo/c", format!("demo/a?versionId={second}")).query("partNumber", "1").query("uploadId", &upload);
    let part = part.send().await.assert_ok();
    assert_eq!(part.header("x-amz-copy-source-version-id"), Some(second.as_str()));
    let etag = part.element("ETag").unwrap();
    let document = completion(&etag);
    let completed = client.post("demo/c").query("uploadId", &upload).body(document).send().await.assert_ok();
    let got = client.get("demo/c").query("versionId", &id(&completed)).send().await.assert_ok();
    assert_eq!(got.text(), "second");
    let marker = id(&client.delete("demo/a").send().await);
    let text = "The source of a copy request may not specifically refer to a delete marker by version id.";
    copy("demo/b", format!("demo/a?versionId={marker}")).send().await.assert_refused(400, "InvalidRequest", text);
    copy("demo/b", "demo/a".to_owned()).send().await.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn a_bucket_with_versions_or_markers_is_not_empty() {
    let client = versioned().await;
    let content = write(&client, "content").await;
    let marker = id(&client.delete("demo/a").send().await);
    let text = "The bucket you tried to delete is not empty. You must delete all versions in the bucket.";
    for version in [&content, &marker] {
        let refused = client.delete("demo").send().await;
        refused.assert_refused(409, "BucketNotEmpty", text);
        assert_eq!(refused.element("BucketName").as_deref(), Some("demo"));
        assert_eq!(delete(&client, version).await.status, 204);
    }
    assert_eq!(client.delete("demo").send().await.status, 204);
    assert!(client.backend.blobs().await.unwrap().is_empty());
    let (_, left) = client.records().await;
    assert!(left.iter().all(|(key, _)| !key.contains("demo")), "{left:?}");
}

#[scenario]
async fn a_listing_goes_on_behind_versions_that_were_removed_since() {
    let client = versioned().await;
    for content in ["1", "2", "3", "4", "5"] {
        write(&client, content).await;
    }
    // As those do who empty a bucket: each page is deleted before the next is asked for.
    let (mut marker, mut removed) = (None::<(String, String)>, 0);
    loop {
        let mut query = vec![("max-keys", "2")];
        if let Some((key, id)) = &marker {
            query.extend([("key-marker", key.as_str()), ("version-id-marker", id.as_str())]);
        }
        let page = list(&client, &query).await;
        for id in page.elements("VersionId") {
            assert_eq!(delete(&client, &id).await.status, 204);
            removed += 1;
        }
        if page.element("IsTruncated").unwrap() == "false" {
            break;
        }
        marker = page.element("NextKeyMarker").zip(page.element("NextVersionIdMarker"));
    }
    assert_eq!(removed, 5);
    assert_eq!(client.delete("demo").send().await.status, 204);
}

#[scenario]
async fn versions_are_in_the_order_in_which_their_uploads_were_begun() {
    let client = versioned().await;
    let begin = || client.post("demo/a").query("uploads", "").send();
    let first = begin().await.assert_ok().element("UploadId").unwrap();
    let second = begin().await.assert_ok().element("UploadId").unwrap();
    let mut completed = Vec::new();
    for (upload, content) in [(&second, "second"), (&first, "first")] {
        let part = client.put("demo/a").query("partNumber", "1").query("uploadId", upload).body(content).send().await;
        let document = completion(&part.assert_ok().etag());
        let answer = client.post("demo/a").query("uploadId", upload).body(document).send().await.assert_ok();
        completed.push(id(&answer));
    }
    assert_eq!(client.get("demo/a").send().await.text(), "second", "though the first was completed last");
    assert_eq!(list(&client, &[]).await.elements("VersionId"), completed);
}

#[scenario]
async fn versions_are_listed_page_by_page() {
    let client = versioned().await;
    for key in ["a", "b/1", "b/2", "c d"] {
        for content in ["1", "2"] {
            client.put(&format!("demo/{key}")).body(content).send().await.assert_ok();
        }
        client.delete(&format!("demo/{key}")).send().await;
    }
    let all = list(&client, &[]).await;
    assert_eq!(
        (all.elements("VersionId").len(), all.elements("Version").len(), all.elements("DeleteMarker").len()),
        (12, 8, 4)
    );
    assert_eq!(all.elements("IsLatest").iter().filter(|latest| *latest == "true").count(), 4);
    for (delimiter, entries) in [("", 12), ("/", 7)] {
        for size in ["1", "2", "5", "100"] {
            let (mut seen, mut marker) = (Vec::new(), None::<(String, Option<String>)>);
            loop {
                let mut query = vec![("max-keys", size), ("delimiter", delimiter)];
                if let Some((key, id)) = &marker {
                    query.push(("key-marker", key));
                    query.extend(id.as_deref().map(|id| ("version-id-marker", id)));
                }
                let page = list(&client, &query).await;
                let entries = page.elements("VersionId").into_iter().chain(page.elements("CommonPrefixes"));
                seen.extend(entries);
                if page.element("IsTruncated").unwrap() == "false" {
                    break;
                }
                marker = Some((page.element("NextKeyMarker").unwrap(), page.element("NextVersionIdMarker")));
            }
            let once: std::collections::HashSet<_> = seen.iter().collect();
            assert_eq!((seen.len(), once.len()), (entries, entries), "{size} a page, delimiter {delimiter:?}");
        }
    }
    let below = list(&client, &[("prefix", "b/1")]).await;
    assert_eq!(below.elements("VersionId").len(), 3);
    let behind = list(&client, &[("key-marker", "b/2")]).await;
    assert_eq!(behind.elements("Key"), ["c d"; 3]);
    assert_eq!(list(&client, &[("key-marker", "b/2"), ("encoding-type", "url")]).await.elements("Key"), ["c+d"; 3]);
    let refused = client.get("demo").query("versions", "").query("version-id-marker", "x").send().await;
    let text = "A version-id marker cannot be specified without a key marker.";
    refused.assert_refused(400, "InvalidArgument", text);
    let unknown = client.get("demo").query("versions", "").query("key-marker", "a").query("version-id-marker", "x");
    unknown.send().await.assert_refused(400, "InvalidArgument", "Invalid version id specified");
}
