/** What the first S3 encryption clients wrote, read by a WebAssembly file that is loaded when it is needed. */

import { EnvelopeError } from "./errors.js";
import { onDemand, sourceOf } from "./on-demand.js";
import { streamOf } from "./ordered.js";
import { segmentsOf } from "./segments.js";
import type { Reader } from "./reader.js";
import type { OpenSource } from "./source.js";
import type { Stopping } from "./stopping.js";
import { Turns } from "./turns.js";
import type { ContentMetadata, DataKey } from "./wasm/reader.js";
import type { CbcReader } from "./wasm/legacy.js";

const legacy = onDemand("legacy_bg.wasm", async () => {
  const glue = await import("./wasm/legacy.js");
  // Written literally, so that bundlers see it and bring the file along.
  await glue.default({ module_or_path: await sourceOf(new URL("./wasm/legacy_bg.wasm", import.meta.url)) });
  return glue;
});

/**
 * The data key that a legacy algorithm wrapped.
 *
 * @param loaded - The reader.
 * @param metadata - The object's content metadata.
 * @param key - The wrapping key: 32 bytes for AES, PKCS #8 DER for RSA. It is overwritten.
 * @throws {@link EnvelopeError} `WRONG_KEY`, `ENGINE_UNAVAILABLE`.
 */
export async function unwrapLegacy(loaded: Reader, metadata: ContentMetadata, key: Uint8Array): Promise<DataKey> {
  try {
    const { wrappingAlgorithm } = metadata;
    const wrapped = metadata.wrappedKey();
    const { unwrapDataKey } = await legacy();
    const bytes = unwrapDataKey(wrappingAlgorithm, key, wrapped);
    try {
      return loaded.DataKey.fromBytes(bytes);
    } finally {
      bytes.fill(0);
    }
  } finally {
    key.fill(0);
  }
}

/**
 * The plaintext of content in CBC mode, unauthenticated, as it is read.
 *
 * @param source - The ciphertext.
 * @param metadata - The object's content metadata.
 * @param dataKey - The object's data key, which is consumed.
 * @param stopping - What ends it early.
 */
export async function cbcStream(
  source: OpenSource,
  metadata: ContentMetadata,
  dataKey: DataKey,
  stopping: Stopping,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const bytes = dataKey.intoBytes();
  try {
    const { CbcReader } = await legacy();
    const reader = new CbcReader(bytes, metadata.cbcIv() ?? new Uint8Array());
    const leave = async (reason: unknown) => {
      reader.free();
      await source.cancel?.(reason);
    };
    const { signal } = stopping;
    return streamOf(plaintextOf(source, { reader, signal }, metadata.cbcContentLength()), leave, stopping);
  } finally {
    bytes.fill(0);
  }
}

/** How much is decrypted at a time, in bytes. */
const PIECE = 512 * 1024;

async function* plaintextOf(
  source: OpenSource,
  { reader, signal }: { readonly reader: CbcReader; readonly signal: AbortSignal },
  declared: number | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let length = 0;
  let isConsumed = false;
  const turns = new Turns(signal);
  try {
    for await (const { bytes } of segmentsOf(source.chunks(), { length: PIECE })) {
      const plaintext = reader.update(bytes) as Uint8Array<ArrayBuffer>;
      length += plaintext.length;
      yield plaintext;
      if (turns.areDue()) {
        await turns.pass();
      }
    }
    isConsumed = true;
    const last = reader.finish() as Uint8Array<ArrayBuffer>;
    length += last.length;
    yield last;
  } finally {
    if (!isConsumed) {
      reader.free();
    }
  }
  if (declared !== undefined && declared !== length) {
    throw new EnvelopeError(
      "CONTENT_LENGTH_MISMATCH",
      `the content is ${String(length)} bytes long where ${String(declared)} were declared`,
    );
  }
}
