/** Loads the WebAssembly engine, once, when it is first needed. */

import start, * as glue from "./wasm/engine.js";

import { EnvelopeError } from "./errors.js";

/** The engine's classes and functions. */
export type Engine = typeof glue;

/** Where the engine's WebAssembly comes from. */
export type EngineSource = URL | string | Request | Response | BufferSource | WebAssembly.Module;

let loading: Promise<Engine> | undefined;
let loadedFrom: EngineSource | undefined;

/** The platform's way to the `.wasm` file; written literally, so that bundlers see it and bring the file along. */
let defaultSource: () => EngineSource | Promise<EngineSource> = () => new URL("./wasm/engine_bg.wasm", import.meta.url);

/**
 * Replaces the way to the `.wasm` file that is used where the caller names none.
 *
 * @param source - Gives the module's source when it is needed.
 * @internal
 */
export function setDefaultSource(source: () => EngineSource | Promise<EngineSource>): void {
  defaultSource = source;
}

/**
 * Loads the engine. Calling it is optional: everything else does so when first used. Call it to load early, or to say
 * where the `.wasm` file is.
 *
 * @param source - Where the WebAssembly comes from; beside this module unless given.
 * @throws {@link EnvelopeError} `ENGINE_UNAVAILABLE` where it cannot be loaded (a later call tries again), and
 * `INVALID_INPUT` where the engine was loaded from elsewhere already.
 */
export async function init(source?: EngineSource): Promise<void> {
  if (loading !== undefined && source !== undefined && source !== loadedFrom) {
    throw new EnvelopeError("INVALID_INPUT", "the engine was loaded already; call init(source) before anything else");
  }
  await engine(source);
}

/**
 * The engine, loaded if need be.
 *
 * @param source - As for {@link init}.
 * @internal
 */
export function engine(source?: EngineSource): Promise<Engine> {
  if (loading === undefined) {
    loadedFrom = source;
    loading = load(source).catch((cause: unknown) => {
      loading = undefined;
      throw new EnvelopeError(
        "ENGINE_UNAVAILABLE",
        "the WebAssembly engine could not be loaded: check that engine_bg.wasm is served beside the script, " +
          "and that the page's Content-Security-Policy has script-src 'wasm-unsafe-eval'",
        { cause },
      );
    });
  }
  return loading;
}

async function load(source: EngineSource | undefined): Promise<Engine> {
  await start({ module_or_path: source ?? (await defaultSource()) });
  return glue;
}
