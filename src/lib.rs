//! s3-envelope: the S3 encryption client for the web.
//!
//! Client-side AES-256 envelope encryption in the format of Amazon's S3 Encryption Client, SSE-C and SSE request
//! headers, and presigned URLs. The core does no I/O and knows no platform; `web` binds it to JavaScript.
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`error`] | one error enum, with stable codes |
//! | [`suite`] | algorithm suites, key derivation, key commitment |
//! | [`gcm`] | AES-256-GCM in independent segments |
//! | [`keyring`] | who wraps the data key |
//! | [`metadata`] | what is stored beside an encrypted object |
//! | [`object`] | an encrypted object, as sessions |
//! | [`sse`] | request headers of SSE-C, SSE-S3, SSE-KMS, DSSE-KMS |
//! | [`presign`] | presigned URLs |
//! | [`text_map`] | a map of texts |
//! | [`transfer`] | multipart plans and retry decisions |

// The core needs no more than memory. Without the standard library a panic has no message to format, which saves some
// 11 KB of the gzipped WASM file and is no loss: on this target nobody would see the message.
#![cfg_attr(not(test), no_std)]

#[macro_use]
extern crate alloc;
#[cfg(not(feature = "freestanding"))]
extern crate std;

mod decimal;
pub mod error;
#[cfg(feature = "freestanding")]
mod freestanding;
pub mod gcm;
pub mod keyring;
pub mod metadata;
pub mod object;
pub mod presign;
mod secret;
pub mod sse;
pub mod suite;
pub mod text_map;
pub mod transfer;

#[cfg(target_arch = "wasm32")]
pub mod web;

pub use error::EnvelopeError;
