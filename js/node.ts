/** The package's entry in Node, where `fetch` does not read files. */

import { setReadable } from "./engine.js";
import { sourceOf } from "./on-demand.js";

setReadable(sourceOf);

export * from "./index.js";
