/** Keyrings: who wraps the data key of each object. */

import { AesKey } from "./aes-key.js";
import { engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import { unwrapBySubtle, wrapBySubtle, type Wrapper } from "./key-wrapping.js";
import { reader } from "./reader.js";
import { viewOf } from "./source.js";
import { orFreed } from "./stopping.js";
import type { EncryptionMaterials, KeyToWrap } from "./wasm/engine.js";
import type { ContentMetadata, DataKey } from "./wasm/reader.js";

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
   * @param file - The WebAssembly file that has the data key.
   * @param key - Is consumed.
   * @internal
   */
  wrapDataKey?(file: Wrapper, key: KeyToWrap): Promise<EncryptionMaterials>;
}

/** Options of an AES keyring. */
export interface AesKeyringOptions {
  /**
   * Public names and values that say which key this is, stored with every object. A keyring with a description reads
   * only objects of the same description; one without reads any. It is neither secret nor authenticated.
   */
  readonly materialsDescription?: Readonly<Record<string, string>> | undefined;
}

/** Wraps data keys with AES-256-GCM under one key that you hold. Lose the key and every object under it is lost. */
export class AesKeyring implements Keyring {
  readonly #key: AesKey | CryptoKey;
  readonly #description: Description | undefined;

  private constructor(key: AesKey | CryptoKey, description: Description | undefined) {
    this.#key = key;
    this.#description = description;
  }

  /**
   * A keyring over a fresh random key. Keep the key: {@link AesKeyring.exportKey}.
   *
   * @param options - A materials description, if there is to be one.
   */
  static async generate(options: AesKeyringOptions = {}): Promise<AesKeyring> {
    const description = descriptionOf(options);
    const bytes = (await engine()).generateWrappingKey();
    try {
      return new AesKeyring(new AesKey(bytes, description), description);
    } finally {
      bytes.fill(0);
    }
  }

  /**
   * A keyring over 32 raw key bytes, which are copied.
   *
   * @param key - The key: bytes, never text.
   * @param options - A materials description, if there is to be one.
   * @throws {@link EnvelopeError} `INVALID_KEY_LENGTH`, `KEY_IS_TEXT` for a string, and `INVALID_OPTION` for a description
   * that is no map of strings.
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- errors come as rejections
  static async fromBytes(key: KeyBytes, options: AesKeyringOptions = {}): Promise<AesKeyring> {
    const description = descriptionOf(options);
    return new AesKeyring(new AesKey(keyBytes(key), description), description);
  }

  /**
   * A keyring over an AES-GCM `CryptoKey` of 256 bits with the usages "encrypt" (to write) and "decrypt" (to read).
   * A non-extractable key never leaves the browser's own store; it can be kept in IndexedDB.
   *
   * @param key - The key.
   * @param options - A materials description, if there is to be one.
   * @throws {@link EnvelopeError} `INVALID_OPTION` where the key is of another kind.
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- errors come as rejections
  static async fromCryptoKey(key: CryptoKey, options: AesKeyringOptions = {}): Promise<AesKeyring> {
    if (!(key instanceof CryptoKey)) {
      throw new EnvelopeError("INVALID_INPUT", "fromCryptoKey takes a CryptoKey; use fromBytes for raw key bytes");
    }
    const { name, length } = key.algorithm as AesKeyAlgorithm;
    if (name !== "AES-GCM" || length !== 256) {
      throw unfit("key", "a CryptoKey of algorithm AES-GCM and length 256");
    }
    return new AesKeyring(key, descriptionOf(options));
  }

  /**
   * A copy of the 32 key bytes, to keep somewhere safe. Overwrite the copy when it is no longer needed.
   *
   * @throws {@link EnvelopeError} `INVALID_INPUT` for a keyring over a `CryptoKey`: export it with SubtleCrypto, if it
   * is extractable.
   */
  exportKey(): Uint8Array<ArrayBuffer> {
    if (this.#key instanceof AesKey) {
      return this.#key.copy();
    }
    throw new EnvelopeError("INVALID_INPUT", "the key of this keyring is a CryptoKey; export it with SubtleCrypto");
  }

  /** Wipes the key from the engine's memory. The keyring cannot be used afterwards. */
  dispose(): void {
    if (this.#key instanceof AesKey) {
      this.#key.dispose();
    }
  }

  /** @internal */
  async encryptionMaterials(policy: CommitmentPolicy | undefined): Promise<EncryptionMaterials> {
    const loaded = await engine();
    return await this.wrapDataKey(loaded, loaded.KeyToWrap.fresh(policy));
  }

  /** @internal */
  async wrapDataKey(file: Wrapper, key: KeyToWrap): Promise<EncryptionMaterials> {
    const wrapping = this.#key;
    if (wrapping instanceof AesKey) {
      return (await orFreed(key, () => wrapping.in(file))).wrap(key);
    }
    const seal = () => {
      if (!wrapping.usages.includes("encrypt")) {
        throw unfit("key", 'a CryptoKey with the usages "encrypt" (to write) and "decrypt" (to read)');
      }
      return file.sealByAes(crypto.subtle, wrapping, key);
    };
    return await wrapBySubtle(key, seal, this.#description);
  }

  /** @internal */
  async unwrapDataKey(metadata: ContentMetadata): Promise<DataKey> {
    const loaded = await reader();
    const wrapping = this.#key;
    // A key that only SubtleCrypto holds is for AES-GCM and nothing else: it refuses legacy algorithms itself.
    if (!(wrapping instanceof AesKey)) {
      if (!wrapping.usages.includes("decrypt")) {
        throw new EnvelopeError(
          "KEYRING_MISMATCH",
          'the CryptoKey of this AES keyring lacks the usage "decrypt": it writes and cannot read',
        );
      }
      const opening = loaded.openByAes(crypto.subtle, wrapping, metadata, this.#description);
      return await unwrapBySubtle(opening, (opened) => loaded.DataKey.fromBytes(opened));
    }
    if (["AESWrap", "AES"].includes(metadata.wrappingAlgorithm)) {
      loaded.checkDescription(metadata, this.#description);
      const { unwrapLegacy } = await import("./legacy.js");
      return await unwrapLegacy(loaded, metadata, wrapping.copy());
    }
    return wrapping.in(loaded).unwrapDataKey(metadata);
  }
}

type Description = Readonly<Record<string, string>>;

/** The caller's description, copied; what is no map of strings is refused before anything else is done. */
function descriptionOf({ materialsDescription: given }: AesKeyringOptions): Description | undefined {
  if (given === undefined || isMapOfStrings(given)) {
    return given && { ...given };
  }
  throw unfit("materialsDescription", "an object whose values are strings");
}

function isMapOfStrings(given: unknown): given is Description {
  return (
    typeof given === "object" &&
    given !== null &&
    !(Symbol.iterator in given) &&
    Object.values(given).every((value) => typeof value === "string")
  );
}

function unfit(option: string, expected: string): EnvelopeError {
  return new EnvelopeError("INVALID_OPTION", `the option ${option} is not valid: it must be ${expected}`);
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
