/** WebAssembly files: each is loaded when it is first used, and once. */

import { EnvelopeError } from "./errors.js";

/** Where a WebAssembly file comes from. */
export type EngineSource = URL | string | Request | Response | BufferSource | WebAssembly.Module;

/** A file that is loaded on demand. */
export interface OnDemand<Glue> {
  /**
   * Loads it, if need be.
   *
   * @param source - Where it comes from; beside the script unless given.
   * @throws {@link EnvelopeError} `ENGINE_UNAVAILABLE` where it cannot be loaded; a later call tries again.
   */
  (source?: EngineSource): Promise<Glue>;
  /**
   * Loads it from where the caller says.
   *
   * @param source - As above.
   * @throws {@link EnvelopeError} As above, and `INVALID_INPUT` where it was loaded from elsewhere already.
   */
  from(source: EngineSource | undefined): Promise<Glue>;
  /** Whether somebody has asked for it. */
  isWanted(): boolean;
}

/**
 * A way to a file that is loaded on demand.
 *
 * @param name - The file's name, for messages.
 * @param load - Loads and starts it.
 */
export function onDemand<Glue>(
  name: string,
  load: (source: EngineSource | undefined) => Promise<Glue>,
): OnDemand<Glue> {
  let loading: Promise<Glue> | undefined;
  let loadedFrom: string | undefined;
  const get = (source?: EngineSource): Promise<Glue> => {
    if (loading === undefined) {
      loadedFrom = placeOf(source);
      loading = load(source).catch((cause: unknown) => {
        loading = undefined;
        throw new EnvelopeError(
          "ENGINE_UNAVAILABLE",
          `${name} could not be loaded: check that it is served beside the script, and that the page's ` +
            "Content-Security-Policy has script-src 'wasm-unsafe-eval'",
          { cause },
        );
      });
    }
    return loading;
  };
  const from = async (source: EngineSource | undefined): Promise<Glue> => {
    const place = source && placeOf(source);
    if (loading !== undefined && place !== undefined && loadedFrom !== undefined && place !== loadedFrom) {
      throw new EnvelopeError("INVALID_INPUT", `${name} was loaded already: say where it is before anything else`);
    }
    return await get(source);
  };
  return Object.assign(get, { from, isWanted: () => loading !== undefined });
}

/** Where a file lies that was not asked for by name. */
const BESIDE_THE_SCRIPT = "";

/**
 * What tells one source from another: its URL, whatever holds it. A component that is mounted twice, or a script that is loaded
 * anew, has other objects for the same file. Bytes and modules have no place to be told from another.
 */
function placeOf(source: EngineSource | undefined): string | undefined {
  if (source === undefined) {
    return BESIDE_THE_SCRIPT;
  }
  const { href, url = href } = source as { readonly href?: string; readonly url?: string };
  const place = typeof source === "string" ? source : url;
  // Nobody fetched the answer that a script made itself, and its URL is empty.
  return place === undefined || place === "" ? undefined : absolute(place);
}

function absolute(url: string): string {
  const { document, location } = globalThis as { document?: Partial<Document>; location?: Partial<Location> };
  try {
    return new URL(url, document?.baseURI ?? location?.href).href;
  } catch {
    return url;
  }
}

/**
 * What the start of a file takes: the source, or of a `file:` URL, which Node's `fetch` does not read, the bytes.
 *
 * @param source - Where the file comes from.
 */
export async function sourceOf(source: EngineSource): Promise<EngineSource> {
  const place = placeOf(source);
  if (!place?.startsWith("file:")) {
    return source;
  }
  const { readFile } = await import(/* webpackIgnore: true */ "node:fs/promises");
  return new Uint8Array(await readFile(new URL(place)));
}
