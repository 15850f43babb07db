/**
 * The WebAssembly file that downloads and decrypts: loaded once, when it is first needed. It is complete for that, with
 * memory of its own, so that nothing ever goes from one file's memory to the other's.
 */

import { engine, type Transfers } from "./engine.js";
import { type EngineSource, onDemand, sourceOf } from "./on-demand.js";

/** The reader's classes and functions. */
export type Reader = typeof import("./wasm/reader.js");

/** Loads it. */
export const reader = onDemand<Reader>("reader_bg.wasm", async (source) => {
  const glue = await import("./wasm/reader.js");
  // Written literally, so that bundlers see it and bring the file along.
  const module = await sourceOf(source ?? new URL("./wasm/reader_bg.wasm", import.meta.url));
  await glue.default({ module_or_path: module });
  return glue;
});

/**
 * Loads the reader, which downloads and decrypts. Calling it is optional, as with `init`, which is for the engine.
 *
 * @param source - Where `reader_bg.wasm` comes from; beside this module unless given.
 * @throws {@link EnvelopeError} `ENGINE_UNAVAILABLE` where it cannot be loaded (a later call tries again), and
 * `INVALID_INPUT` where the reader was loaded from elsewhere already.
 */
export async function initReader(source?: EngineSource): Promise<void> {
  await reader.from(source);
}

/** Whichever of the two is there, for what both can: who only reads does not load the engine for it. */
export function engineOrReader(): Promise<Transfers> {
  return reader.isWanted() && !engine.isWanted() ? reader() : engine();
}
