//! The simulated storage, asked as clients ask it: signed HTTP requests in, HTTP responses out. Natively, and in
//! WebAssembly by wasm-bindgen's test runner.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is the test failing")]
#![allow(clippy::manual_assert_eq, clippy::assert_is_empty, reason = "megabytes of content are not to be printed")]
#![allow(
    clippy::similar_names,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "tests read best when they are plain"
)]

// What no request may do is looked for by proptest, which wants files and threads; its cases are not scenarios.
#[cfg(not(target_arch = "wasm32"))]
mod arbitrary_requests;
mod at_rest;
mod attributes;
mod bucket_default;
mod bucket_keys;
mod checksums;
mod conditions;
mod copies;
mod cors;
mod customer_keys;
mod dsse;
mod faults;
mod forms;
mod key_deletion;
mod kms;
mod kms_access;
mod kms_grants;
mod kms_limits;
mod limits;
mod listing;
mod managed_keys;
mod many_parts;
mod modes;
mod multipart;
mod policies;
mod policy_variables;
mod presigned;
mod profiles;
mod public_access;
mod ranges;
mod reencryption;
mod resets;
mod restart;
mod support;
mod tagging;
mod version_2;
mod versions;
