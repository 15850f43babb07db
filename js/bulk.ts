/** What `SubtleCrypto` is asked to do with a segment. Runs on the calling thread and, the same, in workers. */

import { TAG_LENGTH } from "./segments.js";

/** One segment's work. Keys cannot be extracted; IVs and counters come from the engine. */
export type SegmentTask =
  | { readonly kind: "encrypt"; readonly gcm: CryptoKey; readonly iv: Uint8Array<ArrayBuffer> }
  | { readonly kind: "authenticate"; readonly gcm: CryptoKey; readonly iv: Uint8Array<ArrayBuffer> }
  | {
      readonly kind: "decrypt";
      readonly gcm: CryptoKey;
      readonly iv: Uint8Array<ArrayBuffer>;
      readonly ctr: CryptoKey;
      readonly counter: Uint8Array<ArrayBuffer>;
    };

/** What came of it. */
export interface SegmentResult {
  /** The ciphertext or plaintext, in a buffer that nobody else holds; empty where the task was to authenticate. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The 16 bytes from which the engine computes the segment's share. */
  readonly tag: Uint8Array<ArrayBuffer>;
}

const NOTHING = new Uint8Array(0);

/**
 * Does a segment's work. The segment's bytes are taken before this returns.
 *
 * @param subtle - The platform's cryptography.
 * @param task - What to do.
 * @param bytes - The segment.
 */
export async function perform(
  subtle: SubtleCrypto,
  task: SegmentTask,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<SegmentResult> {
  switch (task.kind) {
    case "encrypt": {
      const sealed = await subtle.encrypt({ name: "AES-GCM", iv: task.iv }, task.gcm, bytes);
      const end = sealed.byteLength - TAG_LENGTH;
      return { bytes: new Uint8Array(sealed, 0, end), tag: new Uint8Array(sealed, end) };
    }
    case "authenticate":
      return { bytes: NOTHING, tag: await tagOf(subtle, task, bytes) };
    case "decrypt": {
      const { ctr, counter } = task;
      const [tag, plaintext] = await Promise.all([
        tagOf(subtle, task, bytes),
        subtle.decrypt({ name: "AES-CTR", counter, length: 32 }, ctr, bytes),
      ]);
      return { bytes: new Uint8Array(plaintext), tag };
    }
  }
}

/** GMAC: the tag of an empty plaintext with the ciphertext as additional data. */
async function tagOf(
  subtle: SubtleCrypto,
  { gcm, iv }: { readonly gcm: CryptoKey; readonly iv: Uint8Array<ArrayBuffer> },
  ciphertext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const parameters = { name: "AES-GCM", iv, additionalData: ciphertext };
  return new Uint8Array(await subtle.encrypt(parameters, gcm, NOTHING));
}
