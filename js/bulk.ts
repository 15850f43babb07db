/** What `SubtleCrypto` is asked to do with a segment. Runs on the calling thread and, the same, in workers. */

import { TAG_LENGTH } from "./segments.js";

/** One segment's work. Keys cannot be extracted; IVs and counters come from the engine. */
export type SegmentTask =
  | { readonly kind: "encrypt"; readonly gcm: CryptoKey; readonly iv: Uint8Array<ArrayBuffer> }
  | { readonly kind: "authenticate"; readonly gcm: CryptoKey; readonly iv: Uint8Array<ArrayBuffer> }
  | {
      /** Decrypts what was authenticated before, if it is still the same. */
      readonly kind: "open";
      readonly gcm: CryptoKey;
      readonly iv: Uint8Array<ArrayBuffer>;
      readonly expectedTag: Uint8Array<ArrayBuffer>;
    }
  | {
      /** Decrypts at once, and gives the tag that tells later whether that was right. */
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
  /** The 16 bytes from which the engine computes the segment's share; empty where it knows it. */
  readonly tag: Uint8Array<ArrayBuffer>;
  /** Whether the segment to open is not what was authenticated: there is no plaintext then. */
  readonly isRefused?: boolean;
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
    case "open":
      return await open(subtle, task, bytes);
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

/**
 * Opens a segment, whose tag `SubtleCrypto` wants right behind it. It takes its copy before the call returns: so the tag is put
 * where something else may lie, which is there again before anybody can look. Memory that other threads see is copied before.
 */
async function open(
  subtle: SubtleCrypto,
  { gcm, iv, expectedTag }: SegmentTask & { readonly kind: "open" },
  bytes: Uint8Array<ArrayBuffer>,
): Promise<SegmentResult> {
  const opening = withBehind(bytes, expectedTag, (sealed) => subtle.decrypt({ name: "AES-GCM", iv }, gcm, sealed));
  try {
    return { bytes: new Uint8Array(await opening), tag: NOTHING };
  } catch (error) {
    if ((error as Error).name === "OperationError") {
      return { bytes: NOTHING, tag: NOTHING, isRefused: true };
    }
    throw error;
  }
}

/** Shows a segment with a tag behind it to who takes a copy at once. */
function withBehind<T>(
  bytes: Uint8Array<ArrayBuffer>,
  tag: Uint8Array,
  taken: (sealed: Uint8Array<ArrayBuffer>) => T,
): T {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset + length + TAG_LENGTH > buffer.byteLength) {
    return withBehind(withRoom(bytes), tag, taken);
  }
  const sealed = new Uint8Array(buffer, byteOffset, length + TAG_LENGTH);
  const before = sealed.slice(length);
  sealed.set(tag, length);
  try {
    return taken(sealed);
  } finally {
    sealed.set(before, length);
  }
}

/** Where a segment and its tag are put together where there is no room behind it. */
let scratch = new Uint8Array(0);

/**
 * A copy of a segment with room behind it, until the next one is made.
 *
 * @param bytes - The segment.
 */
export function withRoom(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { length } = bytes;
  if (scratch.length < length + TAG_LENGTH) {
    scratch = new Uint8Array(length + TAG_LENGTH);
  }
  scratch.set(bytes);
  return scratch.subarray(0, length);
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
