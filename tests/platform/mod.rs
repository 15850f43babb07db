//! What the tests in a browser ask the browser for.

use wasm_bindgen::prelude::*;
use web_sys::SubtleCrypto;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = subtle, thread_local_v2)]
    static SUBTLE: SubtleCrypto;
}

/// The browser's own cryptography.
pub(crate) fn subtle() -> SubtleCrypto {
    SUBTLE.with(Clone::clone)
}
