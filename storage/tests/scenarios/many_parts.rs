//! Uploads of many parts: each costs as much as the first, and none is left behind.

use s3_storage_sim::store::Backend;

use crate::support::{Answer, Client, scenario};

const PARTS: u32 = 300;

/// An upload of many small parts that arrive in no order, and their `ETag`s by number.
struct Uploaded {
    client: Client,
    id: String,
    etags: Vec<String>,
}

impl Uploaded {
    async fn new() -> Self {
        let client = Client::new().await;
        let id = client.post("demo/a").query("uploads", "").send().await.assert_ok().element("UploadId").unwrap();
        let mut uploaded = Self { client, id, etags: vec![String::new(); PARTS as usize] };
        for index in 0..PARTS {
            // 7 has no divisor in common with their number, so each has its turn once.
            let number = index * 7 % PARTS + 1;
            uploaded.etags[number as usize - 1] = uploaded.part(number, "old").await.assert_ok().etag();
        }
        uploaded
    }

    async fn part(&self, number: u32, content: &str) -> Answer {
        let call = self.client.put("demo/a").query("partNumber", &number.to_string()).query("uploadId", &self.id);
        call.body(format!("{content} {number}")).send().await
    }

    async fn complete(&self, numbers: impl Iterator<Item = u32>) -> Answer {
        let mut document = String::from("<CompleteMultipartUpload>");
        for number in numbers {
            let etag = &self.etags[number as usize - 1];
            document.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>\"{etag}\"</ETag></Part>"));
        }
        document.push_str("</CompleteMultipartUpload>");
        self.client.post("demo/a").query("uploadId", &self.id).body(document).send().await
    }

    /// The numbers of all parts, listed page by page.
    async fn listed(&self) -> Vec<u32> {
        let (mut numbers, mut marker) = (Vec::new(), "0".to_owned());
        loop {
            let call = self.client.get("demo/a").query("uploadId", &self.id).query("max-parts", "70");
            let page = call.query("part-number-marker", &marker).send().await.assert_ok();
            numbers.extend(page.elements("PartNumber").iter().map(|number| number.parse::<u32>().unwrap()));
            match page.element("NextPartNumberMarker") {
                Some(next) => marker = next,
                None => return numbers,
            }
        }
    }

    /// The keys of the records of uploads and their parts.
    async fn records(&self) -> Vec<String> {
        let (_, records) = self.client.records().await;
        records.into_iter().map(|(key, _)| key).filter(|key| key.contains(&self.id)).collect()
    }
}

#[scenario]
async fn no_record_grows_with_the_number_of_parts() {
    let uploaded = Uploaded::new().await;
    let (_, records) = uploaded.client.records().await;
    let longest = records.iter().filter(|(key, _)| key.contains(&uploaded.id)).map(|(_, value)| value.len()).max();
    assert!(longest.unwrap() < 1000, "a record of {longest:?} bytes");
    assert_eq!(uploaded.records().await.len(), PARTS as usize + 1);
}

#[scenario]
async fn parts_are_listed_in_order_also_after_a_restart() {
    let mut uploaded = Uploaded::new().await;
    let all: Vec<u32> = (1..=PARTS).collect();
    assert_eq!(uploaded.listed().await, all);
    uploaded.client = uploaded.client.restarted(|_| ()).await;
    assert_eq!(uploaded.listed().await, all);
    assert_eq!(uploaded.client.backend.blobs().await.unwrap().len(), PARTS as usize);
}

#[scenario]
async fn a_completion_takes_the_parts_that_it_names_and_removes_all_others() {
    let mut uploaded = Uploaded::new().await;
    uploaded.complete(1..=PARTS).await.assert_code(400, "EntityTooSmall");
    assert_eq!(uploaded.listed().await.len(), PARTS as usize, "a refusal changes nothing");
    uploaded.part(42, "new").await.assert_ok();
    uploaded.complete(42..=42).await.assert_code(400, "InvalidPart");
    uploaded.client = uploaded.client.restarted(|_| ()).await;
    uploaded.complete(43..=43).await.assert_ok();
    assert_eq!(uploaded.client.get("demo/a").send().await.assert_ok().text(), "old 43");
    assert_eq!(uploaded.records().await, [""; 0]);
    assert_eq!(uploaded.client.backend.blobs().await.unwrap().len(), 1);
}

#[scenario]
async fn a_bucket_is_removed_with_the_uploads_under_way_in_it() {
    let uploaded = Uploaded::new().await;
    assert_eq!(uploaded.client.delete("demo").send().await.status, 204);
    assert_eq!(uploaded.records().await, [""; 0]);
    assert_eq!(uploaded.client.backend.blobs().await.unwrap(), [""; 0]);
    uploaded.client.put("demo").send().await.assert_ok();
    let listed = uploaded.client.get("demo").query("uploads", "").send().await.assert_ok();
    assert_eq!(listed.elements("UploadId"), [""; 0]);
}

#[scenario]
async fn an_abort_removes_all_parts() {
    let uploaded = Uploaded::new().await;
    assert_eq!(uploaded.client.delete("demo/a").query("uploadId", &uploaded.id).send().await.status, 204);
    assert_eq!(uploaded.records().await, [""; 0]);
    assert_eq!(uploaded.client.backend.blobs().await.unwrap(), [""; 0]);
    let again = uploaded.client.delete("demo/a").query("uploadId", &uploaded.id).send().await;
    again.assert_code(404, "NoSuchUpload");
}
