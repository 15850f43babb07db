/** The encryption of one object's segments, by whichever engine. */

import { BulkEngine, bulkEngine, type EngineOptions } from "./bulk-engine.js";
import type { Engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { TAG_LENGTH } from "./segments.js";
import { orFreed, untilOrFreed } from "./stopping.js";
import type { EncryptSession } from "./wasm/engine.js";

/** `SubtleCrypto`, with the object's key. */
interface Bulk {
  readonly engine: BulkEngine;
  readonly gcm: CryptoKey;
}

/** What an encryption is told. */
interface EncryptionOptions extends EngineOptions {
  readonly keyring: Keyring;
  readonly commitmentPolicy?: CommitmentPolicy | undefined;
  /** Ends the wait for the keyring. */
  readonly signal?: AbortSignal | undefined;
}

/** One object under its data key. Segments may come in any order. */
export class Encryption {
  readonly #session: EncryptSession;
  readonly #bulk: Bulk | undefined;
  #underWay = 0;
  #isFreed = false;

  private constructor(session: EncryptSession, bulk: Bulk | undefined) {
    this.#session = session;
    this.#bulk = bulk;
  }

  /**
   * Starts an object under a fresh data key.
   *
   * @param loaded - The WebAssembly engine.
   * @param options - The keyring, the policy, the engine, and what ends the wait for them.
   * @param length - The content's length in bytes, where it is known: one that cannot be is refused before the keyring is asked.
   */
  static async start(loaded: Engine, options: EncryptionOptions, length: number | undefined): Promise<Encryption> {
    if (length !== undefined) {
      new loaded.UploadPlan(length, TAG_LENGTH).free();
    }
    const engine = await bulkEngine(loaded, options, length);
    const { keyring, commitmentPolicy, signal } = options;
    const materials = await untilOrFreed(keyring.encryptionMaterials(commitmentPolicy), signal);
    const session = new loaded.EncryptSession(materials, length);
    const bulk = await orFreed(session, async () => engine && { engine, gcm: await session.gcmKey(engine.subtle) });
    return new Encryption(session, bulk);
  }

  /** How many segments may be worked on at a time. */
  get depth(): number {
    return this.#bulk?.engine.depth ?? 1;
  }

  /**
   * The content metadata to store with the object, names without `x-amz-meta-`.
   *
   * @param hasInstructionFile - Whether the wrapped data key goes elsewhere.
   */
  metadata(hasInstructionFile = false): Record<string, string> {
    return this.#session.metadata(hasInstructionFile) as Record<string, string>;
  }

  /** The text of the object's instruction file. */
  instructionFile(): string {
    return this.#session.instructionFile();
  }

  /**
   * Encrypts a segment, whose bytes are taken before this returns. A segment may be encrypted again, if it is the same.
   *
   * @param offset - Where it starts in the content, in bytes.
   * @param bytes - The segment.
   */
  async process(offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#isFreed) {
      throw new EnvelopeError("INTERNAL", "internal error: an encryption that has ended");
    }
    if (this.#bulk === undefined) {
      const own = bytes.slice();
      this.#session.encryptSegment(offset, own);
      return own;
    }
    this.#underWay += 1;
    try {
      return await this.#delegate(this.#bulk, offset, bytes);
    } finally {
      this.#underWay -= 1;
      this.#freeWhenIdle();
    }
  }

  /** Ends the object: the 16 bytes that follow the ciphertext. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#session.finish() as Uint8Array<ArrayBuffer>;
  }

  /** Wipes the key, as soon as nothing is under way any more. */
  free(): void {
    this.#isFreed = true;
    this.#freeWhenIdle();
  }

  async #delegate(
    { engine, gcm }: Bulk,
    offset: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { length } = bytes;
    const iv = this.#session.delegateSegment(offset, length) as Uint8Array<ArrayBuffer>;
    const sealing = engine.submit({ kind: "encrypt", gcm, iv }, bytes);
    iv.fill(0);
    const { bytes: ciphertext, tag } = await sealing;
    // Throws, and so keeps the ciphertext back, where other bytes were encrypted at this place before.
    this.#session.recordDelegated(offset, length, tag);
    tag.fill(0);
    return ciphertext;
  }

  #freeWhenIdle(): void {
    if (this.#isFreed && this.#underWay === 0) {
      this.#session.free();
    }
  }
}
