//! What is stored beside bytes: buckets, objects, uploads, as records of JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::checksums::Algorithm;
use crate::encryption::KeyProtection;
use crate::policy::StoredPolicy;
use crate::tags::Tags;
use crate::versions::{NULL, Version, Versioning, Versions};

/// A bucket's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// When it was made, in Unix seconds.
    pub created: u64,
    /// Its default encryption.
    pub encryption: BucketEncryption,
    /// Its CORS rules, if it has any.
    pub cors: Vec<CorsRule>,
    /// Whether it keeps versions; nothing where it never did.
    #[serde(default)]
    pub versioning: Option<Versioning>,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
    /// Its policy, as it was put.
    #[serde(default)]
    pub policy: Option<StoredPolicy>,
    /// What keeps the public out; nothing where that was removed. Buckets have all of it from the start.
    #[serde(default = "whole_block")]
    pub public_access_block: Option<PublicAccessBlock>,
}

/// What keeps the public out of a bucket. Those on access control lists say nothing here: buckets own their objects, and
/// take no such lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the four settings are S3's own")]
pub struct PublicAccessBlock {
    /// Lists that let the public in are refused.
    pub block_public_acls: bool,
    /// Lists that let the public in say nothing.
    pub ignore_public_acls: bool,
    /// Policies that let the public in are refused.
    pub block_public_policy: bool,
    /// Policies that let the public in let in the account only.
    pub restrict_public_buckets: bool,
}

/// All of it, as new buckets have it since April 2023.
#[expect(clippy::unnecessary_wraps, reason = "it is what a bucket without a record of it has")]
pub(crate) const fn whole_block() -> Option<PublicAccessBlock> {
    Some(PublicAccessBlock {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    })
}

/// What new objects of a bucket get, unless the request says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketEncryption {
    /// The default mode.
    pub default: DefaultEncryption,
    /// Whether somebody chose it, be it the one that buckets have from the start.
    #[serde(default)]
    pub is_chosen: bool,
    /// Whether SSE-KMS objects use a bucket key.
    pub bucket_key: bool,
    /// Whether writes with SSE-C are refused.
    pub blocks_customer_keys: bool,
}

/// The modes that a bucket can have as its default. SSE-C cannot be one: a bucket has no key to give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DefaultEncryption {
    /// SSE-S3, as every bucket has from the start.
    S3,
    /// SSE-KMS. The key is kept as it was named, and looked up at each write.
    Kms {
        /// The key; the account's default key where none was named.
        key_id: Option<String>,
    },
    /// DSSE-KMS.
    Dsse {
        /// As of SSE-KMS.
        key_id: Option<String>,
    },
}

/// One CORS rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorsRule {
    /// The rule's name.
    pub id: Option<String>,
    /// Origins, each with at most one `*`.
    pub allowed_origins: Vec<String>,
    /// Methods.
    pub allowed_methods: Vec<String>,
    /// Request headers, each with at most one `*`.
    pub allowed_headers: Vec<String>,
    /// Response headers that pages may read.
    pub expose_headers: Vec<String>,
    /// How long a browser may remember a preflight, in seconds.
    pub max_age_seconds: Option<i32>,
}

/// Where an object or an upload is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectName {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

/// Headers that are stored with an object and given back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredHeaders {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Expires`, as an HTTP date.
    #[serde(default)]
    pub expires: Option<String>,
    /// The storage class, where it is not the standard one.
    #[serde(default)]
    pub storage_class: Option<String>,
    /// User metadata, names without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
}

impl StoredHeaders {
    /// The storage class, as listings name it.
    #[must_use]
    pub fn listed_class(&self) -> &str {
        self.storage_class.as_deref().unwrap_or("STANDARD")
    }
}

/// An object, as one version has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// New with every write; bound to the stored bytes. It is the version's id, unless this is the null version.
    pub version: String,
    /// Whether this is the null version, as all are that were written where no versions are kept.
    #[serde(default = "yes")]
    pub is_null: bool,
    /// Its place among the versions of its key: greater than that of all older ones.
    #[serde(default)]
    pub sequence: u64,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
    /// When it was written, in Unix milliseconds.
    pub modified: u64,
    /// The ETag, without quotation marks.
    pub etag: String,
    /// How its data key is kept.
    pub protection: KeyProtection,
    /// What is given back with it.
    pub headers: StoredHeaders,
    /// Its bytes: one blob, or one for each part.
    pub parts: Vec<StoredPart>,
    /// Whether it came from a multipart upload.
    pub is_multipart: bool,
    /// Checksums of the whole, by S3's header suffix (`crc32`), in base64.
    pub checksums: BTreeMap<String, String>,
    /// Whether they are checksums of the parts' checksums, and not of the content.
    #[serde(default)]
    pub is_composite: bool,
}

/// Records that were written before versions were kept say nothing of them.
const fn yes() -> bool {
    true
}

impl StoredObject {
    /// The id that clients know this version by.
    #[must_use]
    pub fn version_id(&self) -> &str {
        if self.is_null { NULL } else { &self.version }
    }

    /// The length of the content, in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.parts.iter().map(|part| part.length).sum()
    }
}

/// The bytes of an object or of a part, in one blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPart {
    /// The part's number; 0 for an object that was written at once.
    pub number: u32,
    /// The blob's id in the backend.
    pub blob: String,
    /// The length of the content, in bytes.
    pub length: u64,
    /// The part's ETag, without quotation marks.
    pub etag: String,
    /// When it was written, in Unix milliseconds.
    pub modified: u64,
    /// Checksums, by S3's header suffix, in base64.
    pub checksums: BTreeMap<String, String>,
    /// The part's checksum by the algorithm of the object's, in base64: what that is made of.
    #[serde(default)]
    pub object_checksum: Option<String>,
}

/// The checksum that an object of several parts will have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadChecksum {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Whether it is made of the parts' checksums, and not of the content.
    pub is_composite: bool,
    /// Whether the client chose it, and is told of it.
    pub is_chosen: bool,
}

/// A multipart upload under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Where the object will be.
    pub name: ObjectName,
    /// The version that the object will have.
    pub version: String,
    /// When it was begun, in Unix milliseconds.
    pub initiated: u64,
    /// How the object's data key is kept.
    pub protection: KeyProtection,
    /// What will be given back with the object.
    pub headers: StoredHeaders,
    /// The checksum that the object will have, if any.
    #[serde(default)]
    pub checksum: Option<UploadChecksum>,
    /// The tags that the object will have.
    #[serde(default)]
    pub tags: Tags,
    /// The parts so far, by number. Each is a record of its own, as there may be ten thousand; they were within the
    /// upload's once.
    #[serde(default, skip_serializing)]
    pub parts: BTreeMap<u32, StoredPart>,
}

/// All that is not bytes.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// The versions of each key, by name.
    objects: BTreeMap<ObjectName, Versions>,
    /// Uploads by id.
    pub uploads: BTreeMap<String, Upload>,
}

impl Catalogue {
    /// The blobs that anything refers to.
    pub fn blobs(&self) -> impl Iterator<Item = &str> {
        let versions = self.objects.values().flat_map(Versions::iter).filter_map(Version::object);
        let of_objects = versions.flat_map(|object| &object.parts);
        let of_uploads = self.uploads.values().flat_map(|upload| upload.parts.values());
        of_objects.chain(of_uploads).map(|part| part.blob.as_str())
    }

    /// The object that a name stands for now.
    #[must_use]
    pub fn object(&self, name: &ObjectName) -> Option<&StoredObject> {
        self.objects.get(name)?.latest()?.object()
    }

    /// All versions of a name, if it has any.
    #[must_use]
    pub fn versions(&self, name: &ObjectName) -> Option<&Versions> {
        self.objects.get(name)
    }

    /// The sequence of the newest version of all.
    #[must_use]
    pub fn latest_sequence(&self) -> u64 {
        self.objects.values().filter_map(Versions::latest).map(Version::sequence).max().unwrap_or(0)
    }

    /// Adds a version, and gives back the one of the same id, which it replaces.
    pub fn insert(&mut self, name: ObjectName, version: Version) -> Option<Version> {
        self.objects.entry(name).or_default().insert(version)
    }

    /// Takes a version out.
    pub fn remove(&mut self, name: &ObjectName, id: &str) -> Option<Version> {
        let versions = self.objects.get_mut(name)?;
        let removed = versions.remove(id);
        if versions.is_empty() {
            self.objects.remove(name);
        }
        removed
    }

    /// The names of a bucket's objects that start with `prefix`, in order.
    pub fn names<'a>(&'a self, bucket: &'a str, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a StoredObject)> {
        self.keys(bucket, prefix).filter_map(|(key, versions)| Some((key, versions.latest()?.object()?)))
    }

    /// The keys of a bucket that start with `prefix`, in order, with their versions.
    pub fn keys<'a>(&'a self, bucket: &'a str, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Versions)> {
        let first = ObjectName { bucket: bucket.to_owned(), key: prefix.to_owned() };
        self.objects
            .range(first..)
            .take_while(move |(name, _)| name.bucket == bucket && name.key.starts_with(prefix))
            .map(|(name, versions)| (name.key.as_str(), versions))
    }
}
