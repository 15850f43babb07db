//! Ranges and parts of objects, across the edges of segments.

use crate::support::{Client, SEGMENT, scenario, text};

#[scenario]
async fn every_range_gives_just_its_bytes() {
    let client = Client::new().await;
    // Just over one chunk of sixteen segments, so that chunk edges are crossed too.
    let content = text(16 * SEGMENT + SEGMENT / 2);
    let length = content.len();
    client.put("demo/a").body(content.clone()).send().await.assert_ok();
    let edges = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 16 * SEGMENT - 1, 16 * SEGMENT, length - 1];
    for first in edges {
        for last in edges.into_iter().filter(|last| *last >= first) {
            let range = format!("bytes={first}-{last}");
            let got = client.get("demo/a").header("range", &range).send().await;
            assert_eq!(got.status, 206, "{range}");
            assert!(got.body == content[first..=last], "{range}");
            assert_eq!(got.header("content-range").unwrap(), format!("bytes {first}-{last}/{length}"));
            assert_eq!(got.header("content-length").unwrap(), (last - first + 1).to_string());
        }
    }
    for (range, expected) in [
        (format!("bytes={}-", SEGMENT + 5), &content[SEGMENT + 5..]),
        ("bytes=-7".to_owned(), &content[length - 7..]),
        (format!("bytes=5-{}", length + 100), &content[5..]),
        (format!("bytes=-{}", length + 100), &content[..]),
    ] {
        let got = client.get("demo/a").header("range", &range).send().await;
        assert!(got.status == 206 && got.body == expected, "{range}");
    }
}

#[scenario]
async fn a_range_that_begins_behind_the_end_is_refused() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    client.get("demo/a").header("range", "bytes=7-").send().await.assert_code(416, "InvalidRange");
    client.put("demo/empty").send().await.assert_ok();
    client.get("demo/empty").header("range", "bytes=0-0").send().await.assert_code(416, "InvalidRange");
    assert_eq!(client.get("demo/empty").send().await.assert_ok().body, b"");
}

#[scenario]
async fn a_head_with_a_range_tells_the_ranges_length() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let head = client.head("demo/a").header("range", "bytes=1-3").send().await;
    assert_eq!((head.status, head.header("content-length")), (206, Some("3")));
    assert_eq!(head.header("content-range"), Some("bytes 1-3/7"));
}

#[scenario]
async fn lengths_around_segments_come_back_whole() {
    let client = Client::new().await;
    for length in [0, 1, 15, 16, 17, SEGMENT - 1, SEGMENT, SEGMENT + 1, 16 * SEGMENT, 16 * SEGMENT + 1] {
        let content = text(length);
        client.put("demo/a").body(content.clone()).send().await.assert_ok();
        assert!(client.get("demo/a").send().await.assert_ok().body == content, "{length} bytes");
    }
}

#[scenario]
async fn part_numbers_of_an_object_that_was_written_at_once() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let first = client.get("demo/a").query("partNumber", "1").send().await;
    assert_eq!((first.status, first.text()), (206, "content"));
    let second = client.get("demo/a").query("partNumber", "2").send().await;
    second.assert_refused(416, "InvalidPartNumber", "The requested partnumber is not satisfiable");
    assert_eq!(second.element("ActualPartCount").as_deref(), Some("1"));
    assert_eq!(second.element("PartNumberRequested").as_deref(), Some("2"));
    let both = client.get("demo/a").query("partNumber", "1").header("range", "bytes=0-1").send().await;
    let text = "Cannot specify both Range header and partNumber query parameter";
    both.assert_refused(400, "InvalidRequest", text);
}
