/** The package's entry in Node, where `fetch` does not read files. */

import { setDefaultSource } from "./engine.js";
import { sourceOf } from "./on-demand.js";

setDefaultSource(() => sourceOf(new URL("./wasm/engine_bg.wasm", import.meta.url)));

export * from "./index.js";
