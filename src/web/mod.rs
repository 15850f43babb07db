//! The bindings to JavaScript: the only module that knows it. Wrappers of a few lines each; every decision is taken in
//! the modules they wrap. The TypeScript layer in `js/` gives these classes their public shape.
//!
//! Three parts become WASM files of their own, by features: `writing` encrypts and uploads, `reading` downloads and
//! decrypts, `requests` makes requests to be signed. Each is complete for its task and has memory of its own, so that nobody
//! loads what they do not use, and no object ever goes from one to another.

#![cfg_attr(
    not(all(feature = "writing", feature = "reading", feature = "requests")),
    allow(dead_code, unused_imports, reason = "each part leaves something of the shared modules unused")
)]

#[cfg(feature = "reading")]
pub mod decrypt;
#[cfg(feature = "writing")]
pub mod encrypt;
pub mod error;
#[cfg(feature = "freestanding")]
mod error_object;
#[cfg(feature = "writing")]
pub mod kms;
#[cfg(feature = "reading")]
pub mod metadata;
mod number;
#[cfg(any(feature = "writing", feature = "reading"))]
pub mod object;
mod options;
#[cfg(feature = "requests")]
pub mod presign;
#[cfg(feature = "reading")]
pub mod range;
#[cfg(feature = "requests")]
pub mod sse;
#[cfg(any(feature = "writing", feature = "reading"))]
pub mod subtle;
#[cfg(any(feature = "writing", feature = "reading"))]
pub mod transfer;
#[cfg(feature = "reading")]
pub mod unwrapping;
#[cfg(feature = "writing")]
pub mod upload;
#[cfg(any(feature = "writing", feature = "reading"))]
pub mod wrapping;
