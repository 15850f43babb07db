//! Presigned URLs and the headers of server-side encryption: the toolkit's own modules, as a WebAssembly file of their own.
//!
//! Who only encrypts, or uploads through URLs that a backend signed, never loads it.

// The toolkit brings its own end of a panic there.
#![cfg_attr(target_arch = "wasm32", no_std)]

// The bindings in `s3_envelope::web` are all that is exported.
#[cfg(target_arch = "wasm32")]
extern crate s3_envelope as _;
