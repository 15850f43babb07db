/** The authentication and decryption of one object's segments, by whichever engine. */

import { withRoom } from "./bulk.js";
import type { BulkEngine } from "./bulk-engine.js";
import type { Reader } from "./reader.js";
import { orFreed } from "./stopping.js";
import type { DecryptSession, DelayedAuthenticationSession, VerifiedObject } from "./wasm/reader.js";

/** The length of the IV under which a segment is delegated, in bytes; its tag follows. */
const IV_LENGTH = 16;

/** `SubtleCrypto`, with the object's key for AES-GCM. */
interface Bulk {
  readonly engine: BulkEngine;
  readonly gcm: CryptoKey;
  readonly authenticationIv: Uint8Array<ArrayBuffer>;
}

/** An engine that was chosen, on its way to an object. */
export interface ChosenEngine {
  readonly loaded: Reader;
  readonly bulk: BulkEngine | undefined;
}

async function bulkOf(session: DecryptSession, { loaded, bulk }: ChosenEngine): Promise<Bulk | undefined> {
  if (bulk === undefined) {
    return undefined;
  }
  const authenticationIv = loaded.authenticationIv() as Uint8Array<ArrayBuffer>;
  return { engine: bulk, gcm: await session.gcmKey(bulk.subtle), authenticationIv };
}

/** The first pass over an object: no plaintext comes of it. */
export class Authentication {
  readonly #session: DecryptSession;
  readonly #bulk: Bulk | undefined;
  #isConsumed = false;

  private constructor(session: DecryptSession, bulk: Bulk | undefined) {
    this.#session = session;
    this.#bulk = bulk;
  }

  /**
   * @param session - Is the new object's own from now on.
   * @param chosen - The engine.
   */
  static async start(session: DecryptSession, chosen: ChosenEngine): Promise<Authentication> {
    return new Authentication(session, await orFreed(session, () => bulkOf(session, chosen)));
  }

  /** How many segments may be worked on at a time. */
  get depth(): number {
    return depthOf(this.#bulk);
  }

  /**
   * Takes note of a segment of ciphertext, whose bytes are taken before this returns.
   *
   * @param offset - Where it starts, in bytes.
   * @param bytes - The segment.
   */
  async note(offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#bulk === undefined) {
      this.#session.authenticateSegment(offset, bytes);
      return;
    }
    const { length } = bytes;
    const { engine, gcm, authenticationIv: iv } = this.#bulk;
    const { tag } = await engine.submit({ kind: "authenticate", gcm, iv }, bytes);
    this.#session.recordDelegated(offset, length, tag);
    tag.fill(0);
  }

  /**
   * Ends the pass: what is returned decrypts.
   *
   * @param tag - The object's last 16 bytes.
   */
  verify(tag: Uint8Array): Decryption {
    this.#isConsumed = true;
    return new Decryption(this.#session.verify(tag), this.#bulk);
  }

  /** Wipes the key, if the pass did not end with a verdict. */
  free(): void {
    if (!this.#isConsumed) {
      this.#session.free();
    }
  }
}

/** The second pass, over an object whose tag matched. Segments are checked again: they may have changed in between. */
export class Decryption {
  readonly #session: VerifiedObject;
  readonly #bulk: Bulk | undefined;

  /**
   * @param session - Is the new object's own from now on.
   * @param bulk - `SubtleCrypto`, where it does the work.
   */
  constructor(session: VerifiedObject, bulk: Bulk | undefined) {
    this.#session = session;
    this.#bulk = bulk;
  }

  /** How many segments may be worked on at a time. */
  get depth(): number {
    return depthOf(this.#bulk);
  }

  /**
   * Decrypts a segment, whose bytes are taken before this returns.
   *
   * @param offset - Where it starts, in bytes.
   * @param bytes - The segment.
   * @param isLent - Whether somebody else may see its memory: nothing is put behind it then, not for a moment either.
   */
  async process(offset: number, bytes: Uint8Array<ArrayBuffer>, isLent: boolean): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#bulk === undefined) {
      return inRust(this.#session, offset, bytes);
    }
    const { engine, gcm } = this.#bulk;
    const parameters = this.#session.delegateSegment(offset, bytes.length) as Uint8Array<ArrayBuffer>;
    const [iv, expectedTag] = [parameters.subarray(0, IV_LENGTH), parameters.subarray(IV_LENGTH)];
    const opening = engine.submit({ kind: "open", gcm, iv, expectedTag }, isLent ? withRoom(bytes) : bytes);
    parameters.fill(0);
    const { bytes: plaintext, isRefused } = await opening;
    if (isRefused === true) {
      this.#session.refuseSegment(offset);
    }
    return plaintext;
  }

  /**
   * Checks that what was decrypted is the whole object.
   *
   * @param length - How many bytes were decrypted.
   */
  checkComplete(length: number): void {
    this.#session.checkComplete(length);
  }

  /** Wipes the key. Nothing may be under way any more. */
  free(): void {
    this.#session.free();
  }
}

/** The only pass, where plaintext is released before the end tells whether it is authentic. */
export class DelayedDecryption {
  readonly #session: DelayedAuthenticationSession;
  readonly #bulk: (Bulk & { readonly ctr: CryptoKey }) | undefined;
  #isConsumed = false;

  private constructor(session: DelayedAuthenticationSession, bulk: (Bulk & { readonly ctr: CryptoKey }) | undefined) {
    this.#session = session;
    this.#bulk = bulk;
  }

  /**
   * @param session - Is the new object's own from now on.
   * @param chosen - The engine.
   */
  static async start(session: DecryptSession, chosen: ChosenEngine): Promise<DelayedDecryption> {
    const bulk = await orFreed(session, async () => {
      const counterless = await bulkOf(session, chosen);
      return counterless && { ...counterless, ctr: await session.ctrKey(counterless.engine.subtle) };
    });
    return new DelayedDecryption(session.delayAuthentication(), bulk);
  }

  /** How many segments may be worked on at a time. */
  get depth(): number {
    return depthOf(this.#bulk);
  }

  /**
   * Decrypts a segment, whose bytes are taken before this returns.
   *
   * @param offset - Where it starts, in bytes.
   * @param bytes - The segment.
   */
  async process(offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#bulk === undefined) {
      return inRust(this.#session, offset, bytes);
    }
    const { length } = bytes;
    const { engine, gcm, ctr, authenticationIv: iv } = this.#bulk;
    const counter = this.#session.firstCounter(offset, length) as Uint8Array<ArrayBuffer>;
    const { bytes: plaintext, tag } = await engine.submit({ kind: "decrypt", gcm, iv, ctr, counter }, bytes);
    this.#session.recordDelegated(offset, length, tag);
    tag.fill(0);
    return plaintext;
  }

  /**
   * Tells whether all that was released is authentic: throws where it is not.
   *
   * @param tag - The object's last 16 bytes.
   */
  finish(tag: Uint8Array): void {
    this.#isConsumed = true;
    this.#session.finish(tag);
  }

  /** Wipes the key. Nothing may be under way any more. */
  free(): void {
    if (!this.#isConsumed) {
      this.#session.free();
    }
  }
}

const depthOf = (bulk: Bulk | undefined): number => bulk?.engine.depth ?? 1;

/** The session overwrites what it is given, and wipes it where it refuses. */
function inRust(
  session: VerifiedObject | DelayedAuthenticationSession,
  offset: number,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const own = bytes.slice();
  session.decryptSegment(offset, own);
  return own;
}
