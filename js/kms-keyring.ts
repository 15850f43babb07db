/** The KMS keyring: a KMS key wraps data keys, under its policies, and keeps a record of each use. */

import { engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import type { EncryptionContext, KmsClient } from "./kms-client.js";
import { reader } from "./reader.js";
import type { EncryptionMaterials } from "./wasm/engine.js";
import type { ContentMetadata, DataKey } from "./wasm/reader.js";

/** What a KMS keyring needs. */
export interface KmsKeyringOptions {
  /** The KMS key: its ARN, or its id or alias where the key and the caller are of one account. */
  readonly keyId: string;
  /** How KMS is asked. */
  readonly client: KmsClient;
  /**
   * Public names and values that KMS binds data keys to. They are stored with the object, and an object is read only by
   * a keyring that gives the very same. The names `aws:x-amz-cek-alg` and `kms_cmk_id` are the client's own.
   */
  readonly encryptionContext?: EncryptionContext | undefined;
}

/** Has KMS wrap data keys, bound to an encryption context (the wrapping algorithm `kms+context`). */
export class KmsKeyring implements Keyring {
  readonly #options: KmsKeyringOptions;

  /**
   * @param options - The key, the way to KMS, the context.
   * @throws {@link EnvelopeError} `INVALID_INPUT` where no key is named.
   */
  constructor(options: KmsKeyringOptions) {
    if (typeof options.keyId !== "string" || options.keyId === "") {
      throw new EnvelopeError("INVALID_INPUT", "a KMS keyring needs the keyId of a KMS key");
    }
    this.#options = options;
  }

  /** @internal */
  async encryptionMaterials(policy: CommitmentPolicy | undefined): Promise<EncryptionMaterials> {
    const { keyId, client, encryptionContext: own } = this.#options;
    const loaded = await engine();
    const encryptionContext = loaded.kmsContext(policy, own) as EncryptionContext;
    const { plaintext, ciphertextBlob } = await client.generateDataKey({ keyId, encryptionContext });
    try {
      return loaded.kmsEncryptionMaterials(policy, own, plaintext, ciphertextBlob);
    } finally {
      plaintext.fill(0);
    }
  }

  /** @internal */
  async unwrapDataKey(metadata: ContentMetadata): Promise<DataKey> {
    const { keyId, client, encryptionContext: own } = this.#options;
    const loaded = await reader();
    loaded.checkKms(metadata, own);
    const encryptionContext = metadata.description() as EncryptionContext;
    const { plaintext } = await client.decrypt({ keyId, ciphertextBlob: metadata.wrappedKey(), encryptionContext });
    try {
      return loaded.DataKey.fromBytes(plaintext);
    } finally {
      plaintext.fill(0);
    }
  }
}
