/** What makes requests to be signed, presigned URLs and headers of server-side encryption: loaded when it is needed. */

import { onDemand, sourceOf } from "./on-demand.js";

type Requests = typeof import("./wasm/requests.js");

/** Loads it, once. */
export const requests = onDemand<Requests>("requests_bg.wasm", async () => {
  const glue = await import("./wasm/requests.js");
  // Written literally, so that bundlers see it and bring the file along.
  await glue.default({ module_or_path: await sourceOf(new URL("./wasm/requests_bg.wasm", import.meta.url)) });
  return glue;
});
