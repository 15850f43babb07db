/** The passphrase keyring: an AES keyring whose key is derived from what a person remembers, by Argon2id. */

import { EnvelopeError } from "./errors.js";
import { AesKeyring, type CommitmentPolicy, type Keyring } from "./keyring.js";
import type { Wrapper } from "./key-wrapping.js";
import { onDemand } from "./on-demand.js";
import { orFreed } from "./stopping.js";
import type { EncryptionMaterials, KeyToWrap } from "./wasm/engine.js";
import type { ContentMetadata, DataKey } from "./wasm/reader.js";

/** Options of a passphrase keyring: whole numbers. One that is out of range is told when the first key is derived. */
export interface PassphraseKeyringOptions {
  /** The memory that each guess has to fill, in KiB: 8 a lane to 1,048,576 (1 GiB); 65,536 (64 MiB) unless given. */
  readonly memoryKib?: number | undefined;
  /** The passes over it, 1 to 16; 3 unless given. */
  readonly iterations?: number | undefined;
  /** The lanes, 1 to 16; 4 unless given. */
  readonly parallelism?: number | undefined;
}

const derivation = onDemand("passphrase-derivation.js", () => import("./passphrase-derivation.js"));

type Description = Readonly<Record<string, string>>;

/** The description's names. Whoever knows the passphrase derives the key from them and has an ordinary AES keyring. */
const KDF = "kdf";
const SALT = "kdf-salt";
const MEMORY = "kdf-memory-kib";
const ITERATIONS = "kdf-iterations";
const PARALLELISM = "kdf-parallelism";
const ARGON2ID = "argon2id-v19";
const SALT_LENGTH = 16;
/** RFC 9106, section 4: the second recommended choice, for where memory is scarce. */
const DEFAULTS = { memoryKib: 65_536, iterations: 3, parallelism: 4 };

/**
 * Wraps data keys under a key that Argon2id derives from a passphrase. Salt and parameters are stored with each object as
 * its materials description. The passphrase is taken in Unicode's form NFC, as UTF-8.
 *
 * Deriving takes the better part of a second, and half a minute or more where an object's metadata asks for all that is
 * allowed: it is done once for writing, and once for each salt that is read, one after the other. A worker does it, which ends
 * with it. Where there are no workers (in Node, where a Content-Security-Policy has no `worker-src` for them, where they cannot
 * be modules) it is done on the calling thread, which stands still meanwhile.
 */
export class PassphraseKeyring implements Keyring {
  readonly #passphrase: Uint8Array<ArrayBuffer>;
  readonly #own: Description;
  readonly #derived = new Map<string, Promise<AesKeyring>>();
  readonly #disposal = new AbortController();

  /**
   * @param passphrase - What the person remembers. Its strength is all the protection there is.
   * @param options - What a guess costs.
   * @throws {@link EnvelopeError} `INVALID_INPUT` for an empty passphrase. What a guess costs is checked where it is paid:
   * the first use fails with `PASSPHRASE_PARAMETERS_INVALID` where it is out of range.
   */
  constructor(passphrase: string, options: PassphraseKeyringOptions = {}) {
    if (typeof passphrase !== "string" || passphrase === "") {
      throw new EnvelopeError("INVALID_INPUT", "a passphrase must be text that is not empty");
    }
    const {
      memoryKib = DEFAULTS.memoryKib,
      iterations = DEFAULTS.iterations,
      parallelism = DEFAULTS.parallelism,
    } = options;
    const salt = crypto.getRandomValues(new Uint8Array(SALT_LENGTH));
    this.#passphrase = new TextEncoder().encode(passphrase.normalize("NFC"));
    this.#own = {
      [KDF]: ARGON2ID,
      [SALT]: btoa(String.fromCharCode(...salt)),
      [MEMORY]: String(memoryKib),
      [ITERATIONS]: String(iterations),
      [PARALLELISM]: String(parallelism),
    };
  }

  /**
   * Wipes the passphrase and all keys derived from it. The keyring cannot be used afterwards: what waits for a key fails with
   * `INVALID_INPUT`, and a worker that derives one is terminated.
   */
  dispose(): void {
    this.#disposal.abort(new EnvelopeError("INVALID_INPUT", "this keyring was disposed of: its key is gone"));
    this.#passphrase.fill(0);
    for (const keyring of this.#derived.values()) {
      void keyring.then(
        (derived) => {
          derived.dispose();
        },
        () => undefined,
      );
    }
    this.#derived.clear();
  }

  /** @internal */
  async encryptionMaterials(policy: CommitmentPolicy | undefined): Promise<EncryptionMaterials> {
    return await (await this.#keyringOf(this.#own)).encryptionMaterials(policy);
  }

  /** @internal */
  async wrapDataKey(file: Wrapper, key: KeyToWrap): Promise<EncryptionMaterials> {
    const keyring = await orFreed(key, () => this.#keyringOf(this.#own));
    return await keyring.wrapDataKey(file, key);
  }

  /** @internal */
  async unwrapDataKey(metadata: ContentMetadata): Promise<DataKey> {
    const keyring = await this.#keyringOf(metadata.description() as Description);
    return await keyring.unwrapDataKey(metadata);
  }

  #keyringOf(description: Description): Promise<AesKeyring> {
    const name = JSON.stringify(Object.entries(description).sort());
    const known = this.#derived.get(name) ?? derived(this.#passphrase, description, this.#disposal.signal);
    this.#derived.set(name, known);
    known.catch(() => this.#derived.delete(name));
    return known;
  }
}

async function derived(
  passphrase: Uint8Array<ArrayBuffer>,
  description: Description,
  disposal: AbortSignal,
): Promise<AesKeyring> {
  if (description[KDF] !== ARGON2ID) {
    throw new EnvelopeError(
      "KEYRING_MISMATCH",
      "the object was not written under a passphrase by this keyring: use the one that it names",
    );
  }
  const salt = saltOf(description);
  if (salt === undefined) {
    throw new EnvelopeError(
      "PASSPHRASE_PARAMETERS_INVALID",
      "the object's materials description has no salt and parameters of Argon2id that this keyring knows",
    );
  }
  const cost = [MEMORY, ITERATIONS, PARALLELISM].map((name) => wholeOf(description[name]));
  const { derivedKey } = await derivation();
  const key = await derivedKey({ passphrase, salt, cost: cost as [number, number, number] }, disposal);
  try {
    return await AesKeyring.fromBytes(key, { materialsDescription: description });
  } finally {
    key.fill(0);
  }
}

function saltOf(description: Description): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(description[SALT] ?? "!"), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** A parameter; 0, which is always out of range, for what is no number. */
function wholeOf(text: string | undefined): number {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
}
