/** Proof by its content that a data key is an object's own, where unwrapping may have succeeded under another key. */

import { bulkEngine } from "./bulk-engine.js";
import { authenticateAll } from "./decrypt-stream.js";
import { EnvelopeError, isEnvelopeError } from "./errors.js";
import { expecting } from "./expected-length.js";
import type { CommitmentPolicy } from "./keyring.js";
import { streamOfObject } from "./object-stream.js";
import { bodyOf, lengthOf, openObject } from "./ranges.js";
import type { Reader } from "./reader.js";
import { type Channel, stoppable } from "./request.js";
import { givesAway, openSource } from "./source.js";
import { concurrencyOf } from "./transfer-options.js";
import type { ContentMetadata, DataKey } from "./wasm/reader.js";

/** Nobody is told how far it is. */
const ignored = (): void => undefined;

/**
 * Downloads all of an object and authenticates it. Nothing of it is kept, and nothing is decrypted.
 *
 * @param channel - How to ask for it.
 * @param metadata - The object's content metadata, of content in GCM mode.
 * @param dataKey - The key to be proven.
 * @param policy - What may be read.
 * @throws {@link EnvelopeError} `AUTHENTICATION_FAILED` where the key does not open the content, and those of requests.
 */
export async function proveOnContent(
  channel: Channel<Reader>,
  metadata: ContentMetadata,
  dataKey: DataKey,
  policy: [CommitmentPolicy | undefined, boolean | undefined, boolean | undefined],
): Promise<void> {
  const { channel: own, stopping } = stoppable(channel);
  const loaded = channel.engine;
  try {
    const ranges = {
      partSize: undefined,
      concurrency: concurrencyOf({}, "ranges"),
      onBytes: ignored,
      onLength: ignored,
    };
    const opened = await openObject(own, ranges);
    const storedLength = opened.totalBytes ?? lengthOf(opened.response);
    const isOurs = givesAway(bodyOf(opened.response));
    const body = streamOfObject(opened, isOurs ? "lent" : "kept", { onBytes: ignored, stopping });
    const source = { ...expecting(openSource(body, own.signal), storedLength), leavesGarbage: !isOurs };
    const bulk = await bulkEngine(loaded, {}, storedLength);
    const session = new loaded.DecryptSession(metadata, dataKey.copy(), ...policy);
    await authenticateAll(source, { session, loaded, bulk, stopping });
  } catch (error) {
    throw isEnvelopeError(error) && error.code === "AUTHENTICATION_FAILED" ? notProven(error) : error;
  } finally {
    stopping.stop.abort();
  }
}

function notProven(cause: EnvelopeError): EnvelopeError {
  return new EnvelopeError(
    cause.code,
    "the object's content does not open with what the keyring unwrapped: the keyring has another key than the object's (RSA " +
      "with PKCS #1 v1.5 does not tell), or the object was altered; nothing was written",
    { cause },
  );
}
