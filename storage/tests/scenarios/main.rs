//! The simulated storage, asked as clients ask it: signed HTTP requests in, HTTP responses out.

mod at_rest;
mod bucket_default;
mod checksums;
mod conditions;
mod copies;
mod cors;
mod customer_keys;
mod kms;
mod listing;
mod managed_keys;
mod multipart;
mod presigned;
mod ranges;
mod restart;
mod support;
