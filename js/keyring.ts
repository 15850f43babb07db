/** Keyrings: who wraps the data key of each object. */

import { engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import { unwrapBySubtle, wrapBySubtle } from "./key-wrapping.js";
import { unwrapLegacy } from "./legacy.js";
import { viewOf } from "./source.js";
import type {
  ContentMetadata,
  CryptoKeyAesKeyring,
  DataKey,
  EncryptionMaterials,
  KeyToWrap,
  RawAesKeyring,
} from "./wasm/engine.js";

/**
 * Which message formats may be written and read; the names are the S3 Encryption Client's. Without key commitment (V2)
 * somebody who knows two keys can craft one object that opens as two different plaintexts.
 *
 * - `FORBID_ENCRYPT_ALLOW_DECRYPT` writes V2 and reads both.
 * - `REQUIRE_ENCRYPT_ALLOW_DECRYPT` writes V3 and reads both.
 * - `REQUIRE_ENCRYPT_REQUIRE_DECRYPT` writes V3 and reads V3 only; the default.
 */
export type CommitmentPolicy =
  "FORBID_ENCRYPT_ALLOW_DECRYPT" | "REQUIRE_ENCRYPT_ALLOW_DECRYPT" | "REQUIRE_ENCRYPT_REQUIRE_DECRYPT";

/** Raw key bytes, in whatever holds bytes. */
export type KeyBytes = ArrayBuffer | ArrayBufferView;

/** Wraps a fresh data key for every object, and unwraps it again. */
export interface Keyring {
  /**
   * A fresh data key for one object, in the clear and wrapped.
   *
   * @param policy - Decides on the format that the wrapping is bound to.
   * @internal
   */
  encryptionMaterials(policy: CommitmentPolicy | undefined): Promise<EncryptionMaterials>;
  /**
   * The data key of an object.
   *
   * @param metadata - The object's content metadata.
   * @internal
   */
  unwrapDataKey(metadata: ContentMetadata): Promise<DataKey>;
  /**
   * Wraps a given data key. Keyrings whose key service makes data keys itself cannot.
   *
   * @param key - Is consumed.
   * @internal
   */
  wrapDataKey?(key: KeyToWrap): Promise<EncryptionMaterials>;
}

/** Options of an AES keyring. */
export interface AesKeyringOptions {
  /**
   * Public names and values that say which key this is, stored with every object. A keyring with a description reads
   * only objects of the same description; one without reads any. It is neither secret nor authenticated.
   */
  readonly materialsDescription?: Readonly<Record<string, string>>;
}

/** Wraps data keys with AES-256-GCM under one key that you hold. Lose the key and every object under it is lost. */
export class AesKeyring implements Keyring {
  readonly #inner: RawAesKeyring | CryptoKeyAesKeyring;

  private constructor(inner: RawAesKeyring | CryptoKeyAesKeyring) {
    this.#inner = inner;
  }

  /**
   * A keyring over a fresh random key. Keep the key: {@link AesKeyring.exportKey}.
   *
   * @param options - A materials description, if there is to be one.
   */
  static async generate(options: AesKeyringOptions = {}): Promise<AesKeyring> {
    const { RawAesKeyring } = await engine();
    return new AesKeyring(RawAesKeyring.generate(options.materialsDescription));
  }

  /**
   * A keyring over 32 raw key bytes, which are copied.
   *
   * @param key - The key: bytes, never text.
   * @param options - A materials description, if there is to be one.
   * @throws {@link EnvelopeError} `INVALID_KEY_LENGTH`, or `KEY_IS_TEXT` for a string.
   */
  static async fromBytes(key: KeyBytes, options: AesKeyringOptions = {}): Promise<AesKeyring> {
    const { RawAesKeyring } = await engine();
    return new AesKeyring(RawAesKeyring.fromBytes(keyBytes(key), options.materialsDescription));
  }

  /**
   * A keyring over an AES-GCM `CryptoKey` of 256 bits with the usages "encrypt" (to write) and "decrypt" (to read).
   * A non-extractable key never leaves the browser's own store; it can be kept in IndexedDB.
   *
   * @param key - The key.
   * @param options - A materials description, if there is to be one.
   * @throws {@link EnvelopeError} `INVALID_OPTION` where the key is of another kind.
   */
  static async fromCryptoKey(key: CryptoKey, options: AesKeyringOptions = {}): Promise<AesKeyring> {
    const { CryptoKeyAesKeyring } = await engine();
    if (!(key instanceof CryptoKey)) {
      throw new EnvelopeError("INVALID_INPUT", "fromCryptoKey takes a CryptoKey; use fromBytes for raw key bytes");
    }
    return new AesKeyring(new CryptoKeyAesKeyring(crypto.subtle, key, options.materialsDescription));
  }

  /**
   * A copy of the 32 key bytes, to keep somewhere safe. Overwrite the copy when it is no longer needed.
   *
   * @throws {@link EnvelopeError} `INVALID_INPUT` for a keyring over a `CryptoKey`: export it with SubtleCrypto, if it
   * is extractable.
   */
  exportKey(): Uint8Array<ArrayBuffer> {
    if ("exportKey" in this.#inner) {
      return new Uint8Array(this.#inner.exportKey());
    }
    throw new EnvelopeError("INVALID_INPUT", "the key of this keyring is a CryptoKey; export it with SubtleCrypto");
  }

  /** Wipes the key from the engine's memory. The keyring cannot be used afterwards. */
  dispose(): void {
    this.#inner.free();
  }

  /** @internal */
  async encryptionMaterials(policy: CommitmentPolicy | undefined): Promise<EncryptionMaterials> {
    return await this.wrapDataKey((await engine()).KeyToWrap.fresh(policy));
  }

  /** @internal */
  async wrapDataKey(key: KeyToWrap): Promise<EncryptionMaterials> {
    if ("wrap" in this.#inner) {
      return this.#inner.wrap(key);
    }
    const inner = this.#inner;
    return await wrapBySubtle(
      key,
      () => inner.seal(key),
      (sealing, sealed) => inner.wrapped(key, sealing, sealed),
    );
  }

  /** @internal */
  async unwrapDataKey(metadata: ContentMetadata): Promise<DataKey> {
    // A key that only SubtleCrypto holds is for AES-GCM and nothing else: it refuses legacy algorithms itself.
    const isLegacyAes = ["AESWrap", "AES"].includes(metadata.wrappingAlgorithm);
    if (isLegacyAes && "exportKey" in this.#inner) {
      this.#inner.checkDescription(metadata);
      return await unwrapLegacy(await engine(), metadata, this.#inner.exportKey());
    }
    if ("unwrapDataKey" in this.#inner) {
      return this.#inner.unwrapDataKey(metadata);
    }
    const { DataKey } = await engine();
    return await unwrapBySubtle(this.#inner.open(metadata), (opened) => DataKey.fromBytes(opened));
  }
}

/**
 * The bytes of a key, refusing text, whose encoding is anybody's guess.
 *
 * @param key - What the caller gave.
 * @throws {@link EnvelopeError} `KEY_IS_TEXT` or `INVALID_INPUT`.
 */
export function keyBytes(key: unknown): Uint8Array {
  if (typeof key === "string") {
    throw new EnvelopeError("KEY_IS_TEXT", "a key must be 32 raw bytes, not text: decode it from base64 or hex first");
  }
  const bytes = viewOf(key);
  if (bytes === undefined) {
    throw new EnvelopeError("INVALID_INPUT", "a key must be a Uint8Array or ArrayBuffer of 32 bytes");
  }
  return bytes;
}
