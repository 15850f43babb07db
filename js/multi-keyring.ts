/** Several keyrings: one writes, and whichever an object names reads. */

import { EnvelopeError, isEnvelopeError } from "./errors.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import type { Wrapper } from "./key-wrapping.js";
import type { EncryptionMaterials, KeyToWrap } from "./wasm/engine.js";
import type { ContentMetadata, DataKey } from "./wasm/reader.js";

/** With these codes a keyring says that an object is not its own; the next one may know it. */
const NOT_MINE = ["KEYRING_MISMATCH", "MATERIALS_DESCRIPTION_MISMATCH", "ENCRYPTION_CONTEXT_MISMATCH", "WRONG_KEY"];

/**
 * Writes with the first of its keyrings, and reads with the one that an object names: by how its data key is wrapped and
 * by its materials description. Keyrings without a description are tried in turn.
 *
 * Data keys that the first clients wrapped with RSA and PKCS #1 v1.5 padding (`RSA`) are an exception: other RSA keys give
 * other bytes for them, now and then as many as a data key has. All keyrings are asked, and where they do not agree none is
 * believed: `DATA_KEY_UNPROVEN`.
 */
export class MultiKeyring implements Keyring {
  readonly #keyrings: readonly Keyring[];

  /**
   * @param keyrings - The one that writes, and then all others that may read.
   * @throws {@link EnvelopeError} `INVALID_INPUT` where there is none.
   */
  constructor(keyrings: readonly Keyring[]) {
    if (keyrings.length === 0) {
      throw new EnvelopeError("INVALID_INPUT", "a MultiKeyring needs at least one keyring");
    }
    this.#keyrings = [...keyrings];
  }

  /** @internal */
  async encryptionMaterials(policy: CommitmentPolicy | undefined): Promise<EncryptionMaterials> {
    return await (this.#keyrings[0] as Keyring).encryptionMaterials(policy);
  }

  /** @internal */
  async wrapDataKey(file: Wrapper, key: KeyToWrap): Promise<EncryptionMaterials> {
    const wrapped = this.#keyrings[0]?.wrapDataKey?.(file, key);
    if (wrapped === undefined) {
      key.free();
      throw new EnvelopeError(
        "INVALID_INPUT",
        "the first of these keyrings cannot wrap a data key that it did not make",
      );
    }
    return await wrapped;
  }

  /** @internal */
  async unwrapDataKey(metadata: ContentMetadata): Promise<DataKey> {
    let found: DataKey | undefined;
    let nearest: unknown;
    for (const keyring of this.#keyrings) {
      try {
        found = agreed(found, await keyring.unwrapDataKey(metadata));
        if (metadata.refusesOtherKeys) {
          return found;
        }
      } catch (error) {
        if (!isEnvelopeError(error) || !NOT_MINE.includes(error.code)) {
          found?.free();
          throw error;
        }
        // That a key did not fit says more than that another kind of key is wanted.
        nearest = nearest === undefined || error.code === "WRONG_KEY" ? error : nearest;
      }
    }
    if (found === undefined) {
      throw nearest;
    }
    return found;
  }
}

/** The answer of one keyring beside that of an earlier one, if there is any: they have to be the same. */
function agreed(earlier: DataKey | undefined, answer: DataKey): DataKey {
  if (earlier === undefined) {
    return answer;
  }
  const isSame = earlier.isSame(answer);
  answer.free();
  if (!isSame) {
    throw new EnvelopeError(
      "DATA_KEY_UNPROVEN",
      "the object's data key is wrapped with RSA (PKCS #1 v1.5), for which other RSA keys give other bytes, and several of " +
        "these keyrings answer: give the one that the object was encrypted under alone",
    );
  }
  return earlier;
}
