/** WebAssembly files that few need: each is loaded when it is first used, and once. */

import { EnvelopeError } from "./errors.js";

/**
 * A way to a file that is loaded on demand.
 *
 * @param name - The file's name, for the message.
 * @param load - Loads and starts it.
 */
export function onDemand<Glue>(name: string, load: () => Promise<Glue>): () => Promise<Glue> {
  let loading: Promise<Glue> | undefined;
  return () => {
    loading ??= load().catch((cause: unknown) => {
      loading = undefined;
      throw new EnvelopeError(
        "ENGINE_UNAVAILABLE",
        `${name} could not be loaded: check that it is served beside the script, and that the page's ` +
          "Content-Security-Policy has script-src 'wasm-unsafe-eval'",
        { cause },
      );
    });
    return loading;
  };
}

/**
 * What the start of a file takes: the URL, or in Node, where `fetch` does not read files, the bytes.
 *
 * @param url - Where the file is.
 */
export async function sourceOf(url: URL): Promise<URL | Uint8Array<ArrayBuffer>> {
  if (url.protocol !== "file:") {
    return url;
  }
  const { readFile } = await import(/* webpackIgnore: true */ "node:fs/promises");
  return new Uint8Array(await readFile(url));
}
