//! Listings of objects.

use crate::support::{Answer, Client, scenario};

async fn with_keys(keys: &[&str]) -> Client {
    let client = Client::new().await;
    for key in keys {
        client.put(&format!("demo/{key}")).body("x").send().await.assert_ok();
    }
    client
}

async fn list(client: &Client, query: &[(&str, &str)]) -> Answer {
    let call = client.get("demo").query("list-type", "2");
    query.iter().fold(call, |call, (name, value)| call.query(name, value)).send().await.assert_ok()
}

/// The prefixes that names were rolled up into.
fn prefixes(answer: &Answer) -> Vec<String> {
    let within = answer.elements("CommonPrefixes");
    within.iter().map(|xml| xml.replace("<Prefix>", "").replace("</Prefix>", "")).collect()
}

#[scenario]
async fn names_are_in_the_order_of_their_bytes() {
    let client = with_keys(&["b", "a/2", "ä", "a", "B", "a/1"]).await;
    let all = list(&client, &[]).await;
    assert_eq!(all.elements("Key"), ["B", "a", "a/1", "a/2", "b", "ä"]);
    assert_eq!((all.element("KeyCount").unwrap(), all.element("IsTruncated").unwrap()), ("6".into(), "false".into()));
    assert_eq!(list(&client, &[("prefix", "a/")]).await.elements("Key"), ["a/1", "a/2"]);
    assert_eq!(list(&client, &[("start-after", "a/1")]).await.elements("Key"), ["a/2", "b", "ä"]);
    let encoded = list(&client, &[("encoding-type", "url"), ("prefix", "ä")]).await;
    assert_eq!(encoded.elements("Key"), ["%C3%A4"]);
}

#[scenario]
async fn names_with_a_delimiter_are_rolled_up() {
    let client = with_keys(&["a", "b/1", "b/2", "b/c/1", "d/1"]).await;
    let rolled = list(&client, &[("delimiter", "/")]).await;
    assert_eq!((rolled.elements("Key"), prefixes(&rolled)), (vec!["a".to_owned()], vec!["b/".into(), "d/".into()]));
    let below = list(&client, &[("delimiter", "/"), ("prefix", "b/")]).await;
    assert_eq!((below.elements("Key"), prefixes(&below)), (vec!["b/1".into(), "b/2".into()], vec!["b/c/".to_owned()]));
}

#[scenario]
async fn pages_of_any_size_hold_every_name_once() {
    let keys = ["a", "b/1", "b/2", "c", "d/1", "d/2", "e"];
    let client = with_keys(&keys).await;
    for (delimiter, expected) in [("", &keys[..]), ("/", &["a", "b/", "c", "d/", "e"][..])] {
        for size in ["1", "2", "3", "5", "100"] {
            let (mut seen, mut token) = (Vec::new(), None::<String>);
            loop {
                let mut query = vec![("max-keys", size), ("delimiter", delimiter)];
                query.extend(token.as_deref().map(|token| ("continuation-token", token)));
                let page = list(&client, &query).await;
                seen.extend(page.elements("Key"));
                seen.extend(prefixes(&page));
                token = page.element("NextContinuationToken");
                assert_eq!(page.element("IsTruncated").unwrap(), token.is_some().to_string());
                if token.is_none() {
                    break;
                }
            }
            seen.sort();
            assert_eq!(seen, expected, "{size} a page, delimiter {delimiter:?}");
        }
    }
    let none = list(&client, &[("max-keys", "0")]).await;
    assert_eq!((none.elements("Key").len(), none.element("IsTruncated").unwrap()), (0, "false".into()));
}

#[scenario]
async fn the_first_version_of_the_listing_goes_on_from_a_marker() {
    let client = with_keys(&["a", "b", "c"]).await;
    let first = client.get("demo").query("max-keys", "2").send().await.assert_ok();
    assert_eq!(
        (first.elements("Key"), first.element("IsTruncated").unwrap()),
        (vec!["a".into(), "b".into()], "true".into())
    );
    let second = client.get("demo").query("marker", "b").send().await.assert_ok();
    assert_eq!(second.elements("Key"), ["c"]);
}

#[scenario]
async fn tokens_that_were_not_given_and_buckets_that_are_not_there_are_refused() {
    let client = Client::new().await;
    let call = client.get("demo").query("list-type", "2").query("continuation-token", "?");
    call.send().await.assert_code(400, "InvalidArgument");
    client.get("none").query("list-type", "2").send().await.assert_code(404, "NoSuchBucket");
}

#[scenario]
async fn versions_and_delete_markers_are_in_one_order_and_prefixes_behind_them() {
    let client = Client::new().await;
    let configuration = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    client.put("demo").query("versioning", "").body(configuration).send().await.assert_ok();
    let mut ids = Vec::new();
    for (key, is_deletion) in [("a", false), ("a", true), ("a", false), ("b", true), ("c/d", false), ("e", false)] {
        let path = format!("demo/{key}");
        let call = if is_deletion { client.delete(&path) } else { client.put(&path).body("<Version>") };
        ids.push(call.send().await.header("x-amz-version-id").unwrap().to_owned());
    }
    let listed = client.get("demo").query("versions", "").query("delimiter", "/").send().await.assert_ok();
    // By key, then newest first.
    let expected = [&ids[2], &ids[1], &ids[0], &ids[3], &ids[5]].map(String::as_str);
    assert_eq!(listed.elements("VersionId"), expected);
    let starts = ["<Version>", "<DeleteMarker>", "<CommonPrefixes>"];
    let mut found: Vec<(usize, &str)> = starts.iter().flat_map(|start| listed.text().match_indices(start)).collect();
    found.sort_unstable();
    let found: Vec<&str> = found.into_iter().map(|(_, start)| start).collect();
    assert_eq!(found, [starts[0], starts[1], starts[0], starts[1], starts[0], starts[2]]);
    assert!(listed.text().ends_with("</CommonPrefixes></ListVersionsResult>"), "{}", listed.text());
    // A page that ends between a version and the delete marker behind it goes on there.
    let page = client.get("demo").query("versions", "").query("max-keys", "1").send().await.assert_ok();
    let (key, version) = (page.element("NextKeyMarker").unwrap(), page.element("NextVersionIdMarker").unwrap());
    let page = client.get("demo").query("versions", "").query("max-keys", "2").query("key-marker", &key);
    let page = page.query("version-id-marker", &version).send().await.assert_ok();
    assert_eq!(page.elements("VersionId")[..], expected[1..3]);
}

#[scenario]
async fn every_listing_tells_the_storage_class() {
    let client = with_keys(&["a"]).await;
    client.put("demo/b").header("x-amz-storage-class", "GLACIER_IR").body("x").send().await.assert_ok();
    let begun = client.post("demo/c").query("uploads", "").header("x-amz-storage-class", "STANDARD_IA").send().await;
    begun.assert_ok();
    client.post("demo/d").query("uploads", "").send().await.assert_ok();
    let classes =
        async |query: &str| client.get("demo").query(query, "").send().await.assert_ok().elements("StorageClass");
    let both = ["STANDARD", "GLACIER_IR"];
    assert_eq!(classes("prefix").await, both);
    assert_eq!(list(&client, &[]).await.elements("StorageClass"), both);
    assert_eq!(classes("versions").await, both);
    assert_eq!(classes("uploads").await, ["STANDARD_IA", "STANDARD"]);
    for (key, class) in [("a", "STANDARD"), ("b", "GLACIER_IR")] {
        let call = client.get(&format!("demo/{key}")).query("attributes", "");
        let told = call.header("x-amz-object-attributes", "StorageClass").send().await.assert_ok();
        assert_eq!(told.element("StorageClass").as_deref(), Some(class));
    }
}
