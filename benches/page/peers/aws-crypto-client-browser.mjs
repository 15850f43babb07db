/**
 * The AWS Encryption SDK for JavaScript in browsers: a raw AES keyring, and the suite of AES-256-GCM with key commitment
 * and without a signature, which its developer guide names for callers who need no signature ("Supported algorithm
 * suites"). Frames are as long as the toolkit's segments rather than 4 KiB, for far fewer calls. It takes and gives whole
 * buffers only: its browser client has no streams.
 */

import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  RawAesKeyringWebCrypto,
  RawAesWrappingSuiteIdentifier,
} from "@aws-crypto/client-browser";

const FRAME = 512 * 1024;
const SUITE = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;

/** @type {import("../contenders.mjs").Open} */
export async function open({ key }) {
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const wrappingSuite = RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING;
  const masterKey = await RawAesKeyringWebCrypto.importCryptoKey(key, wrappingSuite);
  const keyring = new RawAesKeyringWebCrypto({ keyName: "key", keyNamespace: "bench", wrappingSuite, masterKey });
  return {
    async encrypt(source, sink) {
      sink.take((await encrypt(keyring, source.bytes, { suiteId: SUITE, frameLength: FRAME })).result);
    },
    async decrypt(source, sink) {
      sink.take((await decrypt(keyring, source.bytes)).plaintext);
    },
  };
}
