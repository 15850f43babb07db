//! What a request asks for, from its headers, checked in the order that S3 was seen to check in.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::error::Refusal;
use crate::profile::Profile;

/// A KMS encryption context.
pub type EncryptionContext = BTreeMap<String, String>;

const METHOD: &str = "x-amz-server-side-encryption";
const KMS_KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const CONTEXT: &str = "x-amz-server-side-encryption-context";
const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";

/// The three headers of a customer key.
#[derive(Debug, Clone, Copy)]
struct CustomerHeaders {
    algorithm: &'static str,
    key: &'static str,
    md5: &'static str,
}

const OBJECT: CustomerHeaders = CustomerHeaders {
    algorithm: "x-amz-server-side-encryption-customer-algorithm",
    key: "x-amz-server-side-encryption-customer-key",
    md5: "x-amz-server-side-encryption-customer-key-md5",
};
const COPY_SOURCE: CustomerHeaders = CustomerHeaders {
    algorithm: "x-amz-copy-source-server-side-encryption-customer-algorithm",
    key: "x-amz-copy-source-server-side-encryption-customer-key",
    md5: "x-amz-copy-source-server-side-encryption-customer-key-md5",
};

/// A customer-provided key. Wiped on drop, never printed, never stored.
#[derive(Clone)]
pub struct CustomerKey {
    key: Zeroizing<Vec<u8>>,
    md5: String,
}

impl CustomerKey {
    /// The key's bytes. On reads, S3 compares a key with the object's before it looks at its length.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.key
    }

    /// The base64 of the key's MD5, which answers repeat.
    #[must_use]
    pub fn md5(&self) -> &str {
        &self.md5
    }
}

impl core::fmt::Debug for CustomerKey {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("CustomerKey").finish_non_exhaustive()
    }
}

/// How an object that is written is to be encrypted.
#[derive(Debug, Clone)]
pub enum Requested {
    /// Nothing was said: the bucket's default decides.
    Nothing,
    /// SSE-S3.
    S3,
    /// SSE-KMS.
    Kms {
        /// The key, as it was named; the account's default key where it was not.
        key_id: Option<String>,
        /// The context beside what S3 adds.
        context: EncryptionContext,
        /// Whether to use a bucket key, where that was said.
        bucket_key: Option<bool>,
    },
    /// DSSE-KMS, which has no bucket keys.
    Dsse {
        /// The key, as it was named; the account's default key where it was not.
        key_id: Option<String>,
        /// The context beside what S3 adds.
        context: EncryptionContext,
    },
    /// SSE-C.
    Customer(CustomerKey),
}

/// What the headers of a request that creates an object ask for.
///
/// # Errors
/// The first fault, in S3's order: exclusion, then which headers are there, then their values.
pub fn for_write(headers: &HeaderMap) -> Result<Requested, Refusal> {
    let method = text(headers, METHOD);
    if let (Some(method), true) = (&method, has_customer_headers(headers)) {
        return Err(Refusal::Incompatible(method.clone()));
    }
    if has_customer_headers(headers) {
        return customer_key(headers, OBJECT, true)?.map(Requested::Customer).ok_or(Refusal::NoAlgorithm);
    }
    let has_kms_headers = [KMS_KEY_ID, CONTEXT].iter().any(|name| headers.contains_key(*name));
    match method.as_deref() {
        None | Some("AES256") if has_kms_headers => Err(Refusal::KmsHeaders),
        None => Ok(Requested::Nothing),
        Some("AES256") => Ok(Requested::S3),
        Some("aws:kms") => kms(headers),
        Some("aws:kms:dsse") => dsse(headers),
        Some(other) => Err(Refusal::Method(other.to_owned())),
    }
}

/// The customer key of a request that reads an object, or writes a part.
///
/// # Errors
/// Incomplete or contradictory customer key headers, and `x-amz-server-side-encryption`, which is not for reads.
pub fn for_read(headers: &HeaderMap) -> Result<Option<CustomerKey>, Refusal> {
    if let Some(method) = text(headers, METHOD) {
        return Err(Refusal::NotSupportedHere(method));
    }
    customer_key(headers, OBJECT, false)
}

/// The customer key of a request that writes a part: as for an object that is written.
///
/// # Errors
/// As [`for_read`], unless the profile has it otherwise, and a key that is not 32 bytes.
pub fn for_part(headers: &HeaderMap, profile: Profile) -> Result<Option<CustomerKey>, Refusal> {
    if let Some(method) = text(headers, METHOD).filter(|_| !profile.parts_may_name_a_method()) {
        return Err(Refusal::NotSupportedHere(method));
    }
    customer_key(headers, OBJECT, true)
}

/// The customer key of a copy's source.
///
/// # Errors
/// Incomplete or contradictory headers.
pub fn for_copy_source(headers: &HeaderMap) -> Result<Option<CustomerKey>, Refusal> {
    customer_key(headers, COPY_SOURCE, false)
}

/// Whether a request has any customer key header, for the object or for a copy's source.
#[must_use]
pub fn has_any_customer_key(headers: &HeaderMap) -> bool {
    has_customer_headers(headers) || headers.contains_key(COPY_SOURCE.key)
}

/// Why a request may not come over plain HTTP, if it may not.
#[must_use]
pub fn insecure(headers: &HeaderMap) -> Option<Refusal> {
    if has_any_customer_key(headers) {
        return Some(Refusal::Insecure);
    }
    asks_for_kms(headers).then_some(Refusal::InsecureKms)
}

/// Whether a request asks for SSE-KMS, or an answer tells of it.
#[must_use]
pub fn asks_for_kms(headers: &HeaderMap) -> bool {
    headers.get(METHOD).is_some_and(|method| method.as_bytes().starts_with(b"aws:kms"))
}

/// Whether a request has any customer key header for the object.
#[must_use]
pub fn has_customer_headers(headers: &HeaderMap) -> bool {
    [OBJECT.algorithm, OBJECT.key, OBJECT.md5].iter().any(|name| headers.contains_key(*name))
}

fn customer_key(
    headers: &HeaderMap,
    names: CustomerHeaders,
    checks_length: bool,
) -> Result<Option<CustomerKey>, Refusal> {
    let algorithm = text(headers, names.algorithm);
    let key = text(headers, names.key).map(Zeroizing::new);
    let md5 = text(headers, names.md5);
    if algorithm.is_none() && key.is_none() && md5.is_none() {
        return Ok(None);
    }
    let algorithm = algorithm.ok_or(Refusal::NoAlgorithm)?;
    let key = key.ok_or(Refusal::NoKey)?;
    if algorithm != "AES256" {
        return Err(Refusal::Algorithm(algorithm));
    }
    let md5 = md5.ok_or(Refusal::NoMd5)?;
    let key = decoded(&key).ok_or(Refusal::KeyLength)?;
    let computed = STANDARD.encode(Md5::digest(&*key));
    let is_whole = bool::from(computed.as_bytes().ct_eq(md5.as_bytes()));
    // A key of another length that arrived whole is compared with the object's, on reads.
    if key.len() != 32 && (checks_length || !is_whole) {
        return Err(Refusal::KeyLength);
    }
    if !is_whole {
        return Err(Refusal::Md5);
    }
    Ok(Some(CustomerKey { key, md5 }))
}

/// What a key's base64 stands for. Where it fails as well, some of it may have been decoded, and is wiped.
fn decoded(key: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(key.len())]);
    let length = STANDARD.decode_slice(key, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

/// A bucket key does not go with two layers. S3's words for that are not known.
fn dsse(headers: &HeaderMap) -> Result<Requested, Refusal> {
    let Requested::Kms { key_id, context, bucket_key } = kms(headers)? else { return Err(Refusal::KmsHeaders) };
    if bucket_key == Some(true) {
        return Err(Refusal::DsseBucketKey);
    }
    Ok(Requested::Dsse { key_id, context })
}

fn kms(headers: &HeaderMap) -> Result<Requested, Refusal> {
    let context = text(headers, CONTEXT).map_or(Ok(EncryptionContext::new()), |value| context(&value))?;
    let bucket_key = text(headers, BUCKET_KEY).map(|value| value.eq_ignore_ascii_case("true"));
    Ok(Requested::Kms { key_id: text(headers, KMS_KEY_ID), context, bucket_key })
}

fn context(value: &str) -> Result<EncryptionContext, Refusal> {
    let json = STANDARD.decode(value).map_err(|_| Refusal::Context)?;
    serde_json::from_slice(&json).map_err(|_| Refusal::Context)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    const KEY: [u8; 32] = [0xa5; 32];

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn key_headers(key: &[u8]) -> [(&'static str, String); 3] {
        [
            (OBJECT.algorithm, "AES256".to_owned()),
            (OBJECT.key, STANDARD.encode(key)),
            (OBJECT.md5, STANDARD.encode(Md5::digest(key))),
        ]
    }

    fn with(key: &[u8], change: impl Fn(&mut HeaderMap)) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in key_headers(key) {
            map.insert(name, HeaderValue::from_str(&value).unwrap());
        }
        change(&mut map);
        map
    }

    #[test]
    fn faults_are_found_in_the_order_that_s3_finds_them_in() {
        let refusal = |map: &HeaderMap| for_write(map).unwrap_err();
        let both = with(b"short", |map| {
            map.insert(METHOD, HeaderValue::from_static("AES256"));
        });
        assert_eq!(refusal(&both), Refusal::Incompatible("AES256".to_owned()));
        let without = |name: &'static str| {
            with(&KEY, |map| {
                map.remove(name);
            })
        };
        assert_eq!(refusal(&without(OBJECT.algorithm)), Refusal::NoAlgorithm);
        assert_eq!(refusal(&without(OBJECT.key)), Refusal::NoKey);
        assert_eq!(refusal(&without(OBJECT.md5)), Refusal::NoMd5);
        let algorithm = with(b"short", |map| {
            map.insert(OBJECT.algorithm, HeaderValue::from_static("KMS"));
        });
        assert_eq!(refusal(&algorithm), Refusal::Algorithm("KMS".to_owned()));
        assert_eq!(refusal(&with(&[1; 44], |_| {})), Refusal::KeyLength);
        let md5 = with(&KEY, |map| {
            map.insert(OBJECT.md5, HeaderValue::from_static("AAAAAAAAAAAAAAAAAAAAAA=="));
        });
        assert_eq!(refusal(&md5), Refusal::Md5);
        assert!(matches!(for_write(&with(&KEY, |_| {})), Ok(Requested::Customer(_))));
    }

    #[test]
    fn reads_look_at_the_match_before_the_length() {
        assert!(for_read(&with(&[1; 44], |_| {})).unwrap().is_some());
        assert_eq!(for_part(&with(&[1; 44], |_| {}), Profile::Aws2026).unwrap_err(), Refusal::KeyLength);
        let cut = with(&[1; 20], |map| {
            map.insert(OBJECT.md5, HeaderValue::from_static("AAAAAAAAAAAAAAAAAAAAAA=="));
        });
        assert_eq!(for_read(&cut).unwrap_err(), Refusal::KeyLength);
        assert!(for_read(&HeaderMap::new()).unwrap().is_none());
        let managed = headers(&[(METHOD, "AES256")]);
        assert_eq!(for_read(&managed).unwrap_err(), Refusal::NotSupportedHere("AES256".to_owned()));
    }

    #[test]
    fn managed_modes_are_told_apart() {
        assert!(matches!(for_write(&HeaderMap::new()), Ok(Requested::Nothing)));
        assert!(matches!(for_write(&headers(&[(METHOD, "AES256")])), Ok(Requested::S3)));
        assert_eq!(for_write(&headers(&[(METHOD, "ROT13")])).unwrap_err(), Refusal::Method("ROT13".to_owned()));
        assert_eq!(for_write(&headers(&[(KMS_KEY_ID, "k")])).unwrap_err(), Refusal::KmsHeaders);
        let kms = headers(&[(METHOD, "aws:kms"), (KMS_KEY_ID, "k"), (CONTEXT, "eyJhIjoiYiJ9"), (BUCKET_KEY, "true")]);
        let Requested::Kms { key_id, context, bucket_key } = for_write(&kms).unwrap() else { panic!("not KMS") };
        assert_eq!((key_id.as_deref(), bucket_key), (Some("k"), Some(true)));
        assert_eq!(context["a"], "b");
        let bad = headers(&[(METHOD, "aws:kms"), (CONTEXT, "e30x")]);
        assert_eq!(for_write(&bad).unwrap_err(), Refusal::Context);
    }

    #[test]
    fn debug_shows_no_key() {
        let key = for_read(&with(&KEY, |_| {})).unwrap().unwrap();
        assert_eq!(format!("{key:?}"), "CustomerKey { .. }");
    }
}
