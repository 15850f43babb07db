/** The RSA keyring: whoever has the public key can write, and only the holder of the private key can read. */

import { engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { unwrapBySubtle, wrapBySubtle, type Wrapper } from "./key-wrapping.js";
import { reader } from "./reader.js";
import { derOf, type RsaKeySource } from "./rsa-key.js";
import type { EncryptionMaterials, KeyToWrap } from "./wasm/engine.js";
import type { ContentMetadata, DataKey } from "./wasm/reader.js";

/** The keys of an RSA keyring. One of them may be missing: a page that has the public key alone cannot read. */
export interface RsaKeys {
  /** To write: PEM, SPKI or PKCS #1 DER, JWK, or a `CryptoKey` of RSA-OAEP with SHA-1 and the usage "encrypt". */
  readonly publicKey?: RsaKeySource | undefined;
  /** To read: PEM, PKCS #8 DER, JWK, or a `CryptoKey` of RSA-OAEP with SHA-1 and the usage "decrypt". */
  readonly privateKey?: RsaKeySource | undefined;
}

/** Options of an RSA keyring. */
export interface RsaKeyringOptions {
  /** Public names and values that say which key this is; as for an AES keyring. */
  readonly materialsDescription?: Readonly<Record<string, string>> | undefined;
}

const ALGORITHM = { name: "RSA-OAEP", hash: "SHA-1" } as const;

/**
 * Wraps data keys with RSA-OAEP-SHA1. With the public key alone it is a drop box: what is encrypted on this page, this
 * page cannot decrypt.
 */
export class RsaKeyring implements Keyring {
  readonly #publicKey: CryptoKey | undefined;
  readonly #privateKey: CryptoKey | undefined;
  readonly #description: RsaKeyringOptions["materialsDescription"];

  private constructor(keys: { publicKey?: CryptoKey; privateKey?: CryptoKey }, options: RsaKeyringOptions) {
    this.#publicKey = keys.publicKey;
    this.#privateKey = keys.privateKey;
    this.#description = options.materialsDescription;
  }

  /**
   * A keyring over a public key, a private key, or both.
   *
   * @param keys - The keys.
   * @param options - A materials description, if there is to be one.
   * @throws {@link EnvelopeError} `INVALID_INPUT` where a key is none, or not one of RSA-OAEP with SHA-1.
   */
  static async fromKeys(keys: RsaKeys, options: RsaKeyringOptions = {}): Promise<RsaKeyring> {
    if (keys.publicKey === undefined && keys.privateKey === undefined) {
      throw new EnvelopeError(
        "INVALID_INPUT",
        "an RSA keyring needs a public key (to write) or a private key (to read)",
      );
    }
    const publicKey = keys.publicKey && (await imported(keys.publicKey, "public"));
    const privateKey = keys.privateKey && (await imported(keys.privateKey, "private"));
    return new RsaKeyring({ ...(publicKey && { publicKey }), ...(privateKey && { privateKey }) }, options);
  }

  /** @internal */
  async encryptionMaterials(policy: CommitmentPolicy | undefined): Promise<EncryptionMaterials> {
    const loaded = await engine();
    return await this.wrapDataKey(loaded, loaded.KeyToWrap.fresh(policy));
  }

  /** @internal */
  async wrapDataKey(file: Wrapper, key: KeyToWrap): Promise<EncryptionMaterials> {
    if (this.#publicKey === undefined) {
      key.free();
      throw new EnvelopeError("INVALID_INPUT", "this RSA keyring has no public key: it reads and cannot write");
    }
    const publicKey = this.#publicKey;
    return await wrapBySubtle(key, () => file.sealByRsa(crypto.subtle, publicKey, key), this.#description);
  }

  /** @internal */
  async unwrapDataKey(metadata: ContentMetadata): Promise<DataKey> {
    if (this.#privateKey === undefined) {
      throw new EnvelopeError("KEYRING_MISMATCH", "this RSA keyring has no private key: it writes and cannot read");
    }
    const loaded = await reader();
    if (metadata.wrappingAlgorithm.startsWith("RSA") && metadata.isLegacyWrapping) {
      loaded.checkDescription(metadata, this.#description);
      const { unwrapLegacy } = await import("./legacy.js");
      return await unwrapLegacy(loaded, metadata, await exported(this.#privateKey));
    }
    const opening = loaded.openByRsa(crypto.subtle, this.#privateKey, metadata, this.#description);
    return await unwrapBySubtle(opening, (opened) => loaded.DataKey.fromRsaMessage(metadata, opened));
  }
}

/** Legacy paddings are unknown to SubtleCrypto: they need the key itself. */
async function exported(key: CryptoKey): Promise<Uint8Array> {
  if (!key.extractable) {
    throw new EnvelopeError(
      "INVALID_INPUT",
      "legacy RSA wrapping needs a private key that can be extracted: give it as PEM, DER or JWK",
    );
  }
  return new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));
}

async function imported(source: RsaKeySource, half: "public" | "private"): Promise<CryptoKey> {
  const usage = half === "public" ? "encrypt" : "decrypt";
  if ((globalThis.crypto as Partial<Crypto>).subtle === undefined) {
    throw new EnvelopeError(
      "ENGINE_UNAVAILABLE",
      "RSA needs SubtleCrypto: serve the page over https or from localhost",
    );
  }
  if (source instanceof CryptoKey) {
    return checked(source, half, usage);
  }
  try {
    if (typeof source === "object" && "kty" in source) {
      // What JWKs say of themselves (alg, use, key_ops) is for other purposes than this one.
      const { kty, n, e, d, p, q, dp, dq, qi } = source;
      const jwk = half === "public" ? { kty, n, e } : { kty, n, e, d, p, q, dp, dq, qi };
      return await crypto.subtle.importKey("jwk", jwk as JsonWebKey, ALGORITHM, true, [usage]);
    }
    const der = derOf(source, half);
    try {
      return await crypto.subtle.importKey(half === "public" ? "spki" : "pkcs8", der, ALGORITHM, true, [usage]);
    } finally {
      der.fill(0);
    }
  } catch (cause) {
    if (cause instanceof EnvelopeError) {
      throw cause;
    }
    // The platform's own error may quote the key.
    throw new EnvelopeError("INVALID_INPUT", `the ${half} key is no RSA ${half} key that can be read`);
  }
}

function checked(key: CryptoKey, half: "public" | "private", usage: KeyUsage): CryptoKey {
  const { name, hash } = key.algorithm as RsaHashedKeyAlgorithm;
  const fits =
    name === ALGORITHM.name && hash.name === ALGORITHM.hash && key.type === half && key.usages.includes(usage);
  if (!fits) {
    throw new EnvelopeError(
      "INVALID_INPUT",
      `the ${half} key must be a CryptoKey of RSA-OAEP with SHA-1, of type "${half}" and with the usage "${usage}"`,
    );
  }
  return key;
}
