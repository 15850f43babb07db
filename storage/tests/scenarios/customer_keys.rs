//! SSE-C: the customer's key comes with each request and is never kept.

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use s3_storage_sim::config::SseCDefault;

use crate::support::{CUSTOMER_ALGORITHM, CUSTOMER_KEY, CUSTOMER_MD5, Client, SSE, scenario};

const KEY: [u8; 32] = [7; 32];
const OTHER: [u8; 32] = [8; 32];
const NO_PARAMETERS: &str = "The object was stored using a form of Server Side Encryption. The correct parameters must \
                             be provided to retrieve the object.";
const WRONG_KEY: &str =
    "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.";

#[scenario]
async fn an_object_comes_back_with_its_key() {
    let client = Client::new().await;
    let put = client.put("demo/a").customer_key(&KEY).body("content").send().await.assert_ok();
    let md5 = STANDARD.encode(Md5::digest(KEY));
    let echo = (Some("AES256"), Some(md5.as_str()), None);
    assert_eq!((put.header(CUSTOMER_ALGORITHM), put.header(CUSTOMER_MD5), put.header(SSE)), echo);
    assert_eq!(put.header(CUSTOMER_KEY), None);
    assert_ne!(put.etag(), hex::encode(Md5::digest("content")));
    let again = client.put("demo/a").customer_key(&KEY).body("content").send().await.assert_ok();
    assert_ne!(put.etag(), again.etag(), "the same content has a new ETag each time");
    let got = client.get("demo/a").customer_key(&KEY).send().await.assert_ok();
    assert_eq!(got.text(), "content");
    assert_eq!((got.header(CUSTOMER_ALGORITHM), got.header(CUSTOMER_MD5), got.header(SSE)), echo);
    let head = client.head("demo/a").customer_key(&KEY).send().await.assert_ok();
    assert_eq!((head.header(CUSTOMER_MD5), head.header("content-length")), (Some(md5.as_str()), Some("7")));
}

#[scenario]
async fn no_key_is_400_and_a_wrong_key_is_403() {
    let client = Client::new().await;
    client.put("demo/a").customer_key(&KEY).body("content").send().await.assert_ok();
    client.get("demo/a").send().await.assert_refused(400, "InvalidRequest", NO_PARAMETERS);
    client.get("demo/a").customer_key(&OTHER).send().await.assert_refused(403, "AccessDenied", WRONG_KEY);
    let long = client.get("demo/a").customer_key(&[7; 44]).send().await;
    long.assert_refused(403, "AccessDenied", WRONG_KEY);
    for (status, head) in [(400, client.head("demo/a")), (403, client.head("demo/a").customer_key(&OTHER))] {
        let head = head.send().await;
        assert_eq!((head.status, head.body.len()), (status, 0), "a HEAD has no body");
    }
}

#[scenario]
async fn a_key_for_an_object_that_is_not_under_one_is_refused() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let get = client.get("demo/a").customer_key(&KEY).send().await;
    get.assert_refused(400, "InvalidRequest", "The encryption parameters are not applicable to this object.");
}

#[scenario]
async fn each_fault_in_the_headers_has_its_own_answer() {
    let client = Client::new().await;
    let put = || client.put("demo/a").body("content");
    let customer =
        |text: &str| format!("Requests specifying Server Side Encryption with Customer provided keys must {text}");
    let (key, md5) = (STANDARD.encode(KEY), STANDARD.encode(Md5::digest(KEY)));

    let no_algorithm = put().header(CUSTOMER_KEY, &key).header(CUSTOMER_MD5, &md5).send().await;
    no_algorithm.assert_refused(400, "InvalidArgument", &customer("provide a valid encryption algorithm."));
    assert_eq!(no_algorithm.element("ArgumentName").as_deref(), Some(SSE));
    let no_key = put().header(CUSTOMER_ALGORITHM, "AES256").send().await;
    no_key.assert_refused(400, "InvalidArgument", &customer("provide an appropriate secret key."));
    let no_md5 = put().header(CUSTOMER_ALGORITHM, "AES256").header(CUSTOMER_KEY, &key).send().await;
    no_md5.assert_code(400, "InvalidArgument");
    let algorithm = put().header(CUSTOMER_ALGORITHM, "KMS").header(CUSTOMER_KEY, &key).header(CUSTOMER_MD5, &md5);
    let algorithm = algorithm.send().await;
    let text = "The Encryption request you specified is not valid. Supported value: AES256.";
    algorithm.assert_refused(400, "InvalidEncryptionAlgorithmError", text);
    assert_eq!(algorithm.element("ArgumentValue").as_deref(), Some("KMS"));
    let length = put().customer_key(&[7; 31]).send().await;
    length.assert_refused(400, "InvalidArgument", "The secret key was invalid for the specified algorithm.");
    let wrong_md5 = put().header(CUSTOMER_ALGORITHM, "AES256").header(CUSTOMER_KEY, &key);
    let wrong_md5 = wrong_md5.header(CUSTOMER_MD5, &STANDARD.encode(Md5::digest(OTHER))).send().await;
    let text = "The calculated MD5 hash of the key did not match the hash that was provided.";
    wrong_md5.assert_refused(400, "InvalidArgument", text);
    let both = put().customer_key(&KEY).header(SSE, "AES256").send().await;
    let text = "Server Side Encryption with Customer provided key is incompatible with the encryption method specified";
    both.assert_refused(400, "InvalidArgument", text);
    assert_eq!(both.element("ArgumentValue").as_deref(), Some("AES256"));

    client.get("demo/a").send().await.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn new_buckets_block_customer_keys_until_they_are_told_not_to() {
    let client = Client::with(|config| config.sse_c_default = SseCDefault::Blocked).await;
    let put = || client.put("demo/a").body("content");
    put().customer_key(&KEY).send().await.assert_code(403, "AccessDenied");
    // Before whether the headers are right.
    put().customer_key(b"short").send().await.assert_code(403, "AccessDenied");
    client.post("demo/a").query("uploads", "").customer_key(&KEY).send().await.assert_code(403, "AccessDenied");
    client.get("demo/a").send().await.assert_code(404, "NoSuchKey");

    let configuration = client.get("demo").query("encryption", "").send().await.assert_ok();
    assert_eq!(configuration.element("EncryptionType").as_deref(), Some("SSE-C"));
    set_blocked(&client, "NONE").await;
    put().customer_key(&KEY).send().await.assert_ok();
    set_blocked(&client, "SSE-C").await;
    put().customer_key(&KEY).send().await.assert_code(403, "AccessDenied");
    let got = client.get("demo/a").customer_key(&KEY).send().await.assert_ok();
    assert_eq!(got.text(), "content", "what is there already can be read");
}

async fn set_blocked(client: &Client, kind: &str) {
    let rule = format!("<BlockedEncryptionTypes><EncryptionType>{kind}</EncryptionType></BlockedEncryptionTypes>");
    let document = format!(
        "<ServerSideEncryptionConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>{rule}</Rule>\
         </ServerSideEncryptionConfiguration>"
    );
    client.put("demo").query("encryption", "").body(document).send().await.assert_ok();
}

#[scenario]
async fn a_customer_key_where_others_can_read_along_is_refused() {
    let client = Client::new().await;
    let put = client.put("demo/a").customer_key(&KEY).body("content").insecure().send().await;
    put.assert_code(400, "InvalidRequest");
    client.put("demo/b").body("content").insecure().send().await.assert_ok();
}
