/** The 32 bytes of an AES keyring, in the memory of the WebAssembly files that use them. */

import { EnvelopeError } from "./errors.js";

const KEY_LENGTH = 32;

/** What a file's memory keeps of a key. */
interface Kept {
  exportKey(): Uint8Array;
  free(): void;
}

/** A file that can keep a key. */
interface Keeper<Keyring extends Kept> {
  readonly RawAesKeyring: { fromBytes(key: Uint8Array, description: unknown): Keyring };
}

/**
 * A key, which goes to a file's memory when that is first to use it. Until then it is here, so that nobody has to load a file
 * to name a key; afterwards it no longer is. Only who reads and writes under one key has it in both files.
 */
export class AesKey {
  readonly #description: unknown;
  readonly #kept = new Map<object, Kept>();
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  /**
   * @param bytes - The key, which is copied.
   * @param description - The materials description, to go with it.
   * @throws {@link EnvelopeError} `INVALID_KEY_LENGTH`.
   */
  constructor(bytes: Uint8Array, description: unknown) {
    if (bytes.length !== KEY_LENGTH) {
      throw new EnvelopeError(
        "INVALID_KEY_LENGTH",
        `a wrapping key must be exactly 32 bytes (AES-256), not ${String(bytes.length)}; pass the raw key bytes, not text`,
      );
    }
    // Not `slice`, which for a Buffer is the same memory.
    this.#bytes = new Uint8Array(bytes);
    this.#description = description;
  }

  /**
   * The key in a file's memory.
   *
   * @param file - The file.
   */
  in<Keyring extends Kept>(file: Keeper<Keyring>): Keyring {
    const known = this.#kept.get(file);
    if (known !== undefined) {
      return known as Keyring;
    }
    const bytes = this.copy();
    try {
      const kept = file.RawAesKeyring.fromBytes(bytes, this.#description);
      this.#kept.set(file, kept);
      this.#forgetBytes();
      return kept;
    } finally {
      bytes.fill(0);
    }
  }

  /** A copy of the bytes, to be overwritten after use. */
  copy(): Uint8Array<ArrayBuffer> {
    const [kept] = this.#kept.values();
    const copy = kept?.exportKey() ?? this.#bytes?.slice();
    if (copy === undefined) {
      throw new EnvelopeError("INVALID_INPUT", "this keyring was disposed of: its key is gone");
    }
    return copy as Uint8Array<ArrayBuffer>;
  }

  /** Wipes the key, wherever it is. */
  dispose(): void {
    this.#forgetBytes();
    for (const kept of this.#kept.values()) {
      kept.free();
    }
    this.#kept.clear();
  }

  #forgetBytes(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }
}
