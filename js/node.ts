/** The package's entry in Node, where `fetch` does not read files. */

import { readFile } from "node:fs/promises";

import { setDefaultSource } from "./engine.js";

setDefaultSource(() => readFile(new URL("./wasm/engine_bg.wasm", import.meta.url)));

export * from "./index.js";
