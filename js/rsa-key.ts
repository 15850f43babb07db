/** RSA keys in the forms that people have them in, as the DER that SubtleCrypto takes. */

import { EnvelopeError } from "./errors.js";
import { viewOf } from "./source.js";

/** An RSA key: PEM text, DER bytes (SPKI, PKCS #8 or PKCS #1), a JWK, or a `CryptoKey`. */
export type RsaKeySource = string | ArrayBuffer | ArrayBufferView | JsonWebKey | CryptoKey;

type Half = "public" | "private";

/** AlgorithmIdentifier of rsaEncryption (RFC 8017, appendix A.1): its object identifier, and NULL. */
const RSA_ENCRYPTION = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
/** PKCS #8's version 0. */
const VERSION_0 = [0x02, 0x01, 0x00];
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;

/** The labels of PEM (RFC 7468), and whether what they hold is PKCS #1. */
const LABELS: Readonly<Record<string, { half: Half; isPkcs1: boolean }>> = {
  "PUBLIC KEY": { half: "public", isPkcs1: false },
  "PRIVATE KEY": { half: "private", isPkcs1: false },
  "RSA PUBLIC KEY": { half: "public", isPkcs1: true },
  "RSA PRIVATE KEY": { half: "private", isPkcs1: true },
};

/**
 * The key as SPKI (public) or PKCS #8 (private) DER, in memory of its own.
 *
 * @param source - PEM text or DER bytes.
 * @param half - Which half it is to be.
 * @throws {@link EnvelopeError} `INVALID_INPUT`. The message never repeats any of the key.
 */
export function derOf(source: unknown, half: Half): Uint8Array<ArrayBuffer> {
  if (typeof source === "string") {
    return fromPem(source, half);
  }
  const bytes = viewOf(source);
  if (bytes === undefined) {
    throw refused(`the ${half} key must be PEM text, DER bytes, a JWK or a CryptoKey`);
  }
  return isPkcs1(bytes, half) ? wrappedPkcs1(bytes, half) : Uint8Array.from(bytes);
}

function fromPem(text: string, half: Half): Uint8Array<ArrayBuffer> {
  const found = /^\s*-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----\s*$/.exec(text);
  const label = found?.[1] === undefined ? undefined : LABELS[found[1]];
  if (found?.[2] === undefined || label === undefined) {
    throw refused(`the ${half} key is no PEM of one RSA key; an encrypted one has to be decrypted first`);
  }
  if (label.half !== half) {
    throw refused(`the PEM given as the ${half} key holds a ${label.half} key`);
  }
  const der = Uint8Array.from(atob(found[2].replace(/\s+/g, "")), (character) => character.charCodeAt(0));
  if (!label.isPkcs1) {
    return der;
  }
  const wrapped = wrappedPkcs1(der, half);
  der.fill(0);
  return wrapped;
}

/**
 * PKCS #1 begins with integers: the modulus, or the version and then the modulus. SPKI and PKCS #8 have the algorithm's
 * sequence there.
 */
function isPkcs1(der: Uint8Array, half: Half): boolean {
  const start = contentStart(der, 0);
  return half === "public"
    ? der[start] === INTEGER
    : der[start] === INTEGER && der[start + VERSION_0.length] === INTEGER;
}

/** Where the content of the element at `at` starts (X.690, section 8.1.3). */
function contentStart(der: Uint8Array, at: number): number {
  const length = der[at + 1] ?? 0;
  return at + 2 + (length < 0x80 ? 0 : length & 0x7f);
}

function wrappedPkcs1(der: Uint8Array, half: Half): Uint8Array<ArrayBuffer> {
  return half === "public"
    ? element(SEQUENCE, [RSA_ENCRYPTION, element(BIT_STRING, [[0], der])])
    : element(SEQUENCE, [VERSION_0, RSA_ENCRYPTION, element(OCTET_STRING, [der])]);
}

function element(tag: number, content: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  const head = [tag, ...encodedLength(length)];
  const bytes = new Uint8Array(head.length + length);
  let at = 0;
  for (const piece of [head, ...content]) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function encodedLength(length: number): number[] {
  if (length < 0x80) {
    return [length];
  }
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function refused(message: string): EnvelopeError {
  return new EnvelopeError("INVALID_INPUT", message);
}
