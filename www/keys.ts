/** The keys that a person holds: one for each mode in which they hold one. They stay in this browser. */

import { AesKeyring, sseC } from "s3-envelope";

import { remember, remembered } from "./page-database.js";

/** The modes in which a person holds a key. */
export type KeyHolderMode = "client-side" | "SSE-C";

/** One key, with the ways to get it, show it and replace it. */
export class HeldKey {
  readonly mode: KeyHolderMode;
  #bytes: Uint8Array<ArrayBuffer>;

  private constructor(mode: KeyHolderMode, bytes: Uint8Array<ArrayBuffer>) {
    this.mode = mode;
    this.#bytes = bytes;
  }

  /**
   * The key that this browser remembers, or a fresh one.
   *
   * @param mode - What it is for.
   */
  static async open(mode: KeyHolderMode): Promise<HeldKey> {
    const known = await remembered(recordOf(mode));
    if (known instanceof Uint8Array) {
      return new HeldKey(mode, new Uint8Array(known));
    }
    const held = new HeldKey(mode, await freshKey(mode));
    await held.#keep();
    return held;
  }

  /** The 32 bytes. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /**
   * Takes another key from now on: objects under the former one can be read only by bringing it back.
   *
   * @param bytes - The other key; a fresh one unless given.
   */
  async replace(bytes?: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#bytes = bytes ?? (await freshKey(this.mode));
    await this.#keep();
  }

  async #keep(): Promise<void> {
    await remember(recordOf(this.mode), this.#bytes);
  }
}

/**
 * A fresh random key, made by the package.
 *
 * @param mode - What it is for.
 */
export async function freshKey(mode: KeyHolderMode): Promise<Uint8Array<ArrayBuffer>> {
  if (mode === "SSE-C") {
    return new Uint8Array(await sseC.generateKey());
  }
  const keyring = await AesKeyring.generate();
  try {
    return new Uint8Array(keyring.exportKey());
  } finally {
    keyring.dispose();
  }
}

function recordOf(mode: KeyHolderMode): string {
  return `key/${mode}`;
}
