//! What downloads and decrypts: the toolkit's own modules, as a WebAssembly file of their own.
//!
//! Who only encrypts and uploads never loads it; who only downloads loads nothing else. It also wraps data keys, since that
//! is what becomes of some that were unwrapped.

// The toolkit brings its own end of a panic there.
#![cfg_attr(target_arch = "wasm32", no_std)]

// The bindings in `s3_envelope::web` are all that is exported.
#[cfg(target_arch = "wasm32")]
extern crate s3_envelope as _;
