//! Signature Version 4, written for these tests from its description alone (Amazon S3 API Reference, "Authenticating
//! requests"), so that the service is not held to the code that it is made of.

use hmac::{Hmac, KeyInit, Mac};
use s3_storage_sim::config::Credential;
use sha2::{Digest, Sha256};
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

const REGION: &str = "us-east-1";

pub(super) struct Signer<'a> {
    pub(super) credential: &'a Credential,
    pub(super) method: &'a str,
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    /// The date of the signature, as headers have it.
    pub(super) now: String,
}

type Pairs = Vec<(String, String)>;

impl Signer<'_> {
    /// The headers that sign a request, all of whose headers are signed.
    pub(super) fn in_headers(&self, service: &str, query: &Pairs, headers: &Pairs, body: &[u8]) -> Pairs {
        let payload = hex::encode(Sha256::digest(body));
        let mut added = vec![("x-amz-date".to_owned(), self.now.clone())];
        if service == "s3" {
            added.push(("x-amz-content-sha256".to_owned(), payload.clone()));
        }
        let all: Pairs = headers.iter().chain(&added).cloned().collect();
        let scope = scope(&self.now, service);
        let (names, signature) = self.signature(service, query, &all, &payload);
        let id = &self.credential.access_key;
        let value = format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
        added.push(("authorization".to_owned(), value));
        added
    }

    /// The query parameters that sign a URL.
    pub(super) fn in_query(&self, seconds: u32, query: &Pairs, headers: &Pairs) -> Pairs {
        let credential = format!("{}/{}", self.credential.access_key, scope(&self.now, "s3"));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut added = vec![
            pair("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            pair("X-Amz-Credential", &credential),
            pair("X-Amz-Date", &self.now),
            pair("X-Amz-Expires", &seconds.to_string()),
            pair("X-Amz-SignedHeaders", &self.signed_names(headers)),
        ];
        let all: Pairs = query.iter().chain(&added).cloned().collect();
        let (_, signature) = self.signature("s3", &all, headers, "UNSIGNED-PAYLOAD");
        added.push(pair("X-Amz-Signature", &signature));
        added
    }

    fn signature(&self, service: &str, query: &Pairs, headers: &Pairs, payload: &str) -> (String, String) {
        let names = self.signed_names(headers);
        let canonical_headers: String =
            self.sorted(headers).iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let request =
            [self.method, &encoded(self.path, b"/"), &canonical_query(query), &canonical_headers, &names, payload]
                .join("\n");
        let hash = hex::encode(Sha256::digest(request));
        let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{}\n{hash}", self.now, scope(&self.now, service));
        let secret = format!("AWS4{}", self.credential.secret_key);
        let key = [&self.now[..8], REGION, service, "aws4_request", &to_sign]
            .iter()
            .fold(secret.into_bytes(), |key, text| hmac(&key, text.as_bytes()));
        (names, hex::encode(key))
    }

    fn signed_names(&self, headers: &Pairs) -> String {
        self.sorted(headers).into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(";")
    }

    fn sorted(&self, headers: &Pairs) -> Pairs {
        let mut all: Pairs = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        all.push(("host".to_owned(), self.host.to_owned()));
        all.sort();
        all
    }
}

pub(super) fn canonical_query(query: &Pairs) -> String {
    let mut pairs: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encoded(name, b""), encoded(value, b""))).collect();
    pairs.sort();
    pairs.join("&")
}

pub(super) fn encoded(text: &str, kept: &[u8]) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte);
    let byte = |byte: u8| if is_kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

fn scope(now: &str, service: &str) -> String {
    format!("{}/{REGION}/{service}/aws4_request", &now[..8])
}

/// The date in so many seconds, as headers have it.
pub(super) fn date(seconds: i64) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    (OffsetDateTime::now_utc() + Duration::seconds(seconds)).format(format).expect("a date")
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    hmac.update(message);
    hmac.finalize().into_bytes().to_vec()
}

pub(super) fn signature_of(secret_key: &str, string_to_sign: &str) -> String {
    let scope = string_to_sign.lines().nth(2).expect("a scope");
    let key = scope.split('/').chain([string_to_sign]);
    hex::encode(key.fold(format!("AWS4{secret_key}").into_bytes(), |key, text| hmac(&key, text.as_bytes())))
}
