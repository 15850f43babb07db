//! What is left to do when the WebAssembly instance panics: nothing in it runs ever again, and whoever waits for an
//! answer waits for ever, unless JavaScript is told.

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::prelude::*;

thread_local! {
    static CALLBACK: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Calls back, without arguments, when this instance panics; the message goes to the console first.
#[wasm_bindgen(js_name = onPanic)]
pub fn on_panic(callback: Function) {
    CALLBACK.set(Some(callback));
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        // What the callback throws could go nowhere.
        let _ = CALLBACK.take().map(|callback| callback.call0(&JsValue::UNDEFINED));
    }));
}

/// Has the next call from JavaScript start a fresh instance of the same module. It does nothing else, so that an instance
/// that is beyond everything else can still do it.
#[wasm_bindgen(js_name = replaceInstance)]
pub fn replace_instance() {
    wasm_bindgen::handler::schedule_reinit();
}
