/** The authentication and decryption of one object's segments, by whichever engine. */

import type { BulkEngine } from "./bulk-engine.js";
import type { SegmentTask } from "./bulk.js";
import type { Engine } from "./engine.js";
import type { DecryptSession, DelayedAuthenticationSession, VerifiedObject } from "./wasm/engine.js";

/** `SubtleCrypto`, with the object's keys. */
interface Bulk {
  readonly engine: BulkEngine;
  readonly gcm: CryptoKey;
  readonly ctr: CryptoKey;
  readonly authenticationIv: Uint8Array<ArrayBuffer>;
}

/** An engine that was chosen, on its way to an object. */
export interface ChosenEngine {
  readonly loaded: Engine;
  readonly bulk: BulkEngine | undefined;
}

async function bulkOf(session: DecryptSession, { loaded, bulk }: ChosenEngine): Promise<Bulk | undefined> {
  if (bulk === undefined) {
    return undefined;
  }
  const [gcm, ctr] = await Promise.all([session.gcmKey(bulk.subtle), session.ctrKey(bulk.subtle)]);
  return { engine: bulk, gcm, ctr, authenticationIv: loaded.authenticationIv() as Uint8Array<ArrayBuffer> };
}

const authenticationTask = ({ gcm, authenticationIv: iv }: Bulk): SegmentTask => ({ kind: "authenticate", gcm, iv });

const decryptionTask = ({ gcm, ctr, authenticationIv: iv }: Bulk, counter: Uint8Array): SegmentTask => ({
  kind: "decrypt",
  gcm,
  iv,
  ctr,
  counter: counter as Uint8Array<ArrayBuffer>,
});

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
    return new Authentication(session, await bulkOf(session, chosen));
  }

  /** How many segments may be worked on at a time. */
  get depth(): number {
    return this.#bulk?.engine.depth ?? 1;
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
    const { tag } = await this.#bulk.engine.submit(authenticationTask(this.#bulk), bytes);
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

/** What both ways to decrypt are asked for. */
interface DecryptingSession {
  decryptSegment(offset: number, segment: Uint8Array): void;
  firstCounter(offset: number, length: number): Uint8Array;
}

/** Decrypts segments, each once the session has taken its tag. */
abstract class SegmentDecryption<Session extends DecryptingSession> {
  protected readonly session: Session;
  readonly #bulk: Bulk | undefined;

  /**
   * @param session - Is the new object's own from now on.
   * @param bulk - `SubtleCrypto`, where it does the work.
   */
  constructor(session: Session, bulk: Bulk | undefined) {
    this.session = session;
    this.#bulk = bulk;
  }

  /** How many segments may be worked on at a time. */
  get depth(): number {
    return this.#bulk?.engine.depth ?? 1;
  }

  /**
   * Decrypts a segment, whose bytes are taken before this returns.
   *
   * @param offset - Where it starts, in bytes.
   * @param bytes - The segment.
   */
  async process(offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#bulk === undefined) {
      const own = bytes.slice();
      this.session.decryptSegment(offset, own);
      return own;
    }
    const { length } = bytes;
    const task = decryptionTask(this.#bulk, this.session.firstCounter(offset, length));
    const { bytes: plaintext, tag } = await this.#bulk.engine.submit(task, bytes);
    // Throws, and so keeps the plaintext back, where the segment is not what it should be.
    this.take(offset, length, tag);
    tag.fill(0);
    return plaintext;
  }

  /** Takes the tag of a segment that `SubtleCrypto` decrypted. */
  protected abstract take(offset: number, length: number, tag: Uint8Array): void;
}

/** The second pass, over an object whose tag matched. Segments are checked again: they may have changed in between. */
export class Decryption extends SegmentDecryption<VerifiedObject> {
  /**
   * Checks that what was decrypted is the whole object.
   *
   * @param length - How many bytes were decrypted.
   */
  checkComplete(length: number): void {
    this.session.checkComplete(length);
  }

  /** Wipes the key. Nothing may be under way any more. */
  free(): void {
    this.session.free();
  }

  protected override take(offset: number, length: number, tag: Uint8Array): void {
    this.session.checkDelegated(offset, length, tag);
  }
}

/** The only pass, where plaintext is released before the end tells whether it is authentic. */
export class DelayedDecryption extends SegmentDecryption<DelayedAuthenticationSession> {
  #isConsumed = false;

  /**
   * @param session - Is the new object's own from now on.
   * @param chosen - The engine.
   */
  static async start(session: DecryptSession, chosen: ChosenEngine): Promise<DelayedDecryption> {
    const bulk = await bulkOf(session, chosen);
    return new DelayedDecryption(session.delayAuthentication(), bulk);
  }

  /**
   * Tells whether all that was released is authentic: throws where it is not.
   *
   * @param tag - The object's last 16 bytes.
   */
  finish(tag: Uint8Array): void {
    this.#isConsumed = true;
    this.session.finish(tag);
  }

  /** Wipes the key. Nothing may be under way any more. */
  free(): void {
    if (!this.#isConsumed) {
      this.session.free();
    }
  }

  protected override take(offset: number, length: number, tag: Uint8Array): void {
    this.session.recordDelegated(offset, length, tag);
  }
}
