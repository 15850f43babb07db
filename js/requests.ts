/** What makes requests to be signed, presigned URLs and headers of server-side encryption: loaded when it is needed. */

import { type EngineSource, onDemand, sourceOf } from "./on-demand.js";

type Requests = typeof import("./wasm/requests.js");

/** Loads it, once. */
export const requests = onDemand<Requests>("requests_bg.wasm", async (source) => {
  const glue = await import("./wasm/requests.js");
  // Written literally, so that bundlers see it and bring the file along.
  const module = await sourceOf(source ?? new URL("./wasm/requests_bg.wasm", import.meta.url));
  await glue.default({ module_or_path: module });
  return glue;
});

/**
 * Loads what `presign`, `sse` and `sseC` need. Calling it is optional, as with `init`; it is for backends that cannot fetch a
 * file from beside their script, and have it as a module or as bytes.
 *
 * @param source - Where `requests_bg.wasm` comes from; beside this module unless given.
 * @throws {@link EnvelopeError} `ENGINE_UNAVAILABLE` where it cannot be loaded (a later call tries again), and
 * `INVALID_INPUT` where it was loaded from elsewhere already.
 */
export async function initRequests(source?: EngineSource): Promise<void> {
  await requests.from(source);
}
