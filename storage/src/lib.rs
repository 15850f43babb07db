//! A simulated Amazon S3 and KMS that really encrypts at rest, to show and to test server-side encryption.
//!
//! One service ([`Storage`]) runs in three places: called directly in tests, in a browser's service worker (`worker`),
//! and as a local server (`main.rs`). It keeps its bytes in a [`store::Backend`].
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`config`] | settings |
//! | [`encryption`] | encryption at rest: what requests ask for, who wraps keys, how bytes lie |
//! | [`kms`] | the simulated key management service |
//! | [`root_key`] | where the root key is kept |
//! | [`store`] | where records and blobs are kept |
//! | [`faults`] | answers that fail on purpose |
//! | [`inspection`] | what lies at rest, apart from S3 |
//! | [`limits`] | S3's limits beside those on bodies |
//! | [`model`] | buckets, objects, uploads as records |
//! | [`policy`] | policies in IAM's language |
//! | [`tags`] | tags of buckets and objects |
//! | [`versions`] | the versions of objects, and their ids |

mod access;
mod answer_documents;
mod answers;
mod asked;
mod bytes_at_rest;
pub mod caller;
mod checksums;
mod conditions;
pub mod config;
mod content;
mod core;
mod cors;
mod data_keys;
pub mod encryption;
mod error_documents;
pub mod faults;
mod forms;
mod hosts;
pub mod inspection;
pub mod kms;
pub mod limits;
pub mod model;
mod ops;
#[cfg(target_arch = "wasm32")]
pub mod panics;
pub mod policy;
mod profile;
mod protocol;
mod records;
pub mod root_key;
mod service;
mod signatures;
pub mod store;
pub mod tags;
mod under_way;
pub mod versions;
#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use crate::config::Config;
pub use crate::core::StorageError;
pub use crate::profile::{Profile, UnknownProfile};
pub use crate::service::Storage;
