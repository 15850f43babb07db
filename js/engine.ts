/** The WebAssembly engine, which encrypts and uploads: loaded once, when it is first needed. */

import start, * as glue from "./wasm/engine.js";

import { type EngineSource, onDemand } from "./on-demand.js";

/** The engine's classes and functions. */
export type Engine = typeof glue;

/** Those that uploads and downloads have in common: `reader_bg.wasm` has them too. */
export type Transfers = Pick<
  Engine,
  "RequestAttempts" | "checkPresignedUrl" | "instructionFileSuffix" | "isErrorDocument" | "metadataHeaders"
>;

let readable: (source: EngineSource) => EngineSource | Promise<EngineSource> = (source) => source;

/**
 * Has sources made into what can be read, on platforms whose `fetch` does not read them all.
 *
 * @param how - Gives what is read in a source's place.
 * @internal
 */
export function setReadable(how: typeof readable): void {
  readable = how;
}

/** Loads it. */
export const engine = onDemand<Engine>("engine_bg.wasm", async (source) => {
  // Written literally, so that bundlers see it and bring the file along.
  const module = await readable(source ?? new URL("./wasm/engine_bg.wasm", import.meta.url));
  await start({ module_or_path: module });
  return glue;
});

/**
 * Loads the engine, which encrypts and uploads. Calling it is optional: everything else does so when first used. Call it to
 * load early, or to say where the `.wasm` file is. What downloads and decrypts is a file of its own: `initReader`.
 *
 * @param source - Where `engine_bg.wasm` comes from; beside this module unless given.
 * @throws {@link EnvelopeError} `ENGINE_UNAVAILABLE` where it cannot be loaded (a later call tries again), and
 * `INVALID_INPUT` where the engine was loaded from elsewhere already.
 */
export async function init(source?: EngineSource): Promise<void> {
  await engine.from(source);
}
