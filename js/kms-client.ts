/** How KMS is asked: two calls, over whatever way an app has to it. */

import type { Transfers } from "./engine.js";
import { EnvelopeError, type EnvelopeErrorCode, isEnvelopeError } from "./errors.js";
import { engineOrReader } from "./reader.js";
import { delay, jitter } from "./request.js";

/** A KMS encryption context: public names and values that KMS binds the wrapped data key to. */
export type EncryptionContext = Readonly<Record<string, string>>;

/**
 * What a KMS keyring asks for. AWS's own KMS client fits behind it in a few lines: docs/backend.md has them. What a client
 * throws passes through as it is; so that a `MultiKeyring` asks its next keyring, throw an `EnvelopeError` with the code
 * `WRONG_KEY` where KMS says that a wrapped data key is not the key's own.
 */
export interface KmsClient {
  /**
   * KMS's `GenerateDataKey` with `KeySpec: "AES_256"`.
   *
   * @param request - The key and the whole encryption context.
   */
  generateDataKey(request: { readonly keyId: string; readonly encryptionContext: EncryptionContext }): Promise<{
    /** The 32 bytes of the data key. They are overwritten after use. */
    readonly plaintext: Uint8Array;
    /** The same, wrapped. */
    readonly ciphertextBlob: Uint8Array;
  }>;
  /**
   * KMS's `Decrypt`.
   *
   * @param request - The key, the wrapped data key and the whole encryption context.
   */
  decrypt(request: {
    readonly keyId: string;
    readonly ciphertextBlob: Uint8Array;
    readonly encryptionContext: EncryptionContext;
  }): Promise<{ readonly plaintext: Uint8Array }>;
}

/** How requests to KMS are sent. */
export interface KmsTransport {
  /** Sends the request; the global `fetch` unless given. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** How the app's own backend is asked. */
export interface KmsBackendOptions extends KmsTransport {
  /** Headers that say who asks, such as `Authorization`. They are asked for before each call. */
  readonly headers?: (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>) | undefined;
}

/**
 * Asks the app's own backend, which holds the credentials, decides whether the user may, signs the request and hands it on
 * to KMS: a POST of KMS's JSON 1.1 protocol, the operation in the header `X-Amz-Target`. No credentials are in the page.
 *
 * The backend must not hand on whatever it gets: only `TrentService.GenerateDataKey` and `TrentService.Decrypt`, only for the
 * `KeyId` of this app, and only with the `EncryptionContext` of the user who asks. A sample is in docs/backend.md, as is the
 * CORS rule that a backend of another origin needs.
 *
 * @example
 * ```ts
 * const keyring = new KmsKeyring({ keyId, client: kmsBackend("https://app.example/kms"), encryptionContext: { tenant } });
 * ```
 *
 * @param url - Where the backend takes such requests, in a page also relative to it. It must be https, or this machine's own.
 * @param options - Who asks.
 */
export function kmsBackend(url: string | URL, options: KmsBackendOptions = {}): KmsClient {
  return kmsClientOver(async (operation, body) => {
    const headers = {
      ...(await options.headers?.()),
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `TrentService.${operation}`,
    };
    return await postToKms(urlOf(url), options, headers, body);
  });
}

/** A URL, which in a page may be given relative to it. */
function urlOf(url: string | URL): URL {
  const page = (globalThis as { location?: Location }).location?.href;
  try {
    return new URL(url, page);
  } catch (cause) {
    throw new EnvelopeError(
      "INVALID_INPUT",
      "kmsBackend needs the URL of your backend: whole, or relative to the page's",
      { cause },
    );
  }
}

/**
 * The two calls, in KMS's JSON 1.1 protocol.
 *
 * @param send - Sends an operation's parameters, as JSON.
 */
export function kmsClientOver(send: (operation: string, body: string) => Promise<Response>): KmsClient {
  const call = async (operation: string, parameters: Readonly<Record<string, unknown>>) => {
    const body = JSON.stringify(parameters);
    return await patiently(async () => await answerOf(await send(operation, body)));
  };
  return {
    async generateDataKey({ keyId, encryptionContext }) {
      const parameters = { KeyId: keyId, KeySpec: "AES_256", EncryptionContext: encryptionContext };
      const answer = await call("GenerateDataKey", parameters);
      return { plaintext: bytesOf(answer["Plaintext"]), ciphertextBlob: bytesOf(answer["CiphertextBlob"]) };
    },
    async decrypt({ keyId, ciphertextBlob, encryptionContext }) {
      const blob = btoa(String.fromCharCode(...ciphertextBlob));
      const parameters = { KeyId: keyId, CiphertextBlob: blob, EncryptionContext: encryptionContext };
      return { plaintext: bytesOf((await call("Decrypt", parameters))["Plaintext"]) };
    },
  };
}

/**
 * Asks, and asks again where KMS has too much to do or no answer came, as any request to the storage is sent again. An
 * answer that was lost does no harm: KMS keeps nothing of either call.
 */
async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const { RequestAttempts } = await engineOrReader();
  const attempts = new RequestAttempts();
  try {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const waitMs = waitAfter(error, attempts);
        if (waitMs === undefined) {
          throw error;
        }
        await delay(waitMs, undefined);
      }
    }
  } finally {
    attempts.free();
  }
}

/** How long to wait before the next attempt, or nothing to give up. */
function waitAfter(error: unknown, attempts: InstanceType<Transfers["RequestAttempts"]>): number | undefined {
  switch (isEnvelopeError(error) ? error.code : undefined) {
    case "NETWORK_FAILURE":
      return attempts.networkFailed(jitter());
    case "KMS_UNAVAILABLE":
      return attempts.refused(SERVICE_UNAVAILABLE, "", undefined, jitter());
    default:
      return undefined;
  }
}

/** The status that S3 has for what KMS says by the name of an exception. */
const SERVICE_UNAVAILABLE = 503;

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Sends one request to KMS, or to who stands before it.
 *
 * @param url - Where to.
 * @param transport - By what.
 * @param headers - All headers.
 * @param body - JSON.
 * @throws {@link EnvelopeError} `INSECURE_TRANSPORT`, `NETWORK_FAILURE`.
 */
export async function postToKms(
  url: URL,
  transport: KmsTransport,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Response> {
  if (url.protocol !== "https:" && !LOOPBACK.test(url.hostname)) {
    throw new EnvelopeError("INSECURE_TRANSPORT", "data keys must not travel over plain HTTP; use an https:// URL");
  }
  const request = new Request(url, {
    method: "POST",
    headers,
    body,
    cache: "no-store",
    redirect: "error",
    referrerPolicy: "no-referrer",
  });
  try {
    return await (transport.fetch ?? fetch)(request);
  } catch (cause) {
    throw new EnvelopeError("NETWORK_FAILURE", "no answer came from the way to KMS", { cause });
  }
}

/**
 * What KMS's exceptions mean for a program. Source: AWS KMS API Reference, errors of `Decrypt` and `GenerateDataKey`, and
 * "Common Errors".
 */
const CODES: readonly (readonly [EnvelopeErrorCode, RegExp])[] = [
  ["WRONG_KEY", /^(InvalidCiphertext|IncorrectKey)Exception$/],
  ["KMS_KEY_UNUSABLE", /^(NotFound|Disabled|KMSInvalidState|InvalidKeyUsage)Exception$/],
  [
    "KMS_ACCESS_DENIED",
    /^(AccessDenied|NotAuthorized|ExpiredToken|RequestExpired|UnrecognizedClient|IncompleteSignature|InvalidSignature|InvalidClientTokenId|InvalidGrantToken|MissingAuthenticationToken|OptInRequired)/,
  ],
  ["KMS_UNAVAILABLE", /^(Throttling|LimitExceeded|KeyUnavailable|DependencyTimeout|KMSInternal|ServiceUnavailable)/],
];

async function answerOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const text = await response.text().catch((cause: unknown) => {
    throw new EnvelopeError("NETWORK_FAILURE", "the answer of KMS broke off before its end", { cause });
  });
  const answer = parsed(text);
  const fields = typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>) : {};
  if (response.ok) {
    return fields;
  }
  const [type, message] = [fields["__type"], fields["message"] ?? fields["Message"]].map((text) =>
    typeof text === "string" ? text.slice(0, 512) : undefined,
  );
  const name = type?.split("#").at(-1) ?? `HTTP ${String(response.status)}`;
  throw new EnvelopeError(codeFor(name, response.status), `KMS answered ${name}: ${message ?? "it says nothing else"}`);
}

/** JSON, or nothing where it is something else. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeFor(name: string, status: number): EnvelopeErrorCode {
  const known = CODES.find(([, names]) => names.test(name))?.[0];
  if (known !== undefined) {
    return known;
  }
  if (status === 401 || status === 403) {
    return "KMS_ACCESS_DENIED";
  }
  return status >= 500 || status === 429 ? "KMS_UNAVAILABLE" : "KMS_REFUSED";
}

function bytesOf(value: unknown): Uint8Array {
  try {
    // `atob` takes what is no text, `null` for one, by its name.
    if (typeof value === "string" && value !== "") {
      return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    }
  } catch {
    // It is no base64.
  }
  throw new EnvelopeError("UNEXPECTED_STORAGE_ANSWER", "the answer of KMS is not what the operation promises");
}
