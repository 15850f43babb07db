/** The attempts to read or change an object without being allowed to. Each puts back what it touched. */

import { isEnvelopeError, sse } from "s3-envelope";

import type { Backend } from "./backend.js";
import { freshKey } from "./keys.js";
import type { AtRest } from "./protocol.js";
import { inspect } from "./storage-link.js";
import { choiceOf, failureOf, type Settings, type Transfers } from "./transfer.js";
import { announce } from "./verdicts.js";

/** Attempts on one object. */
export class BreakIn {
  readonly #transfers: Transfers;
  readonly #backend: Backend;

  /**
   * @param transfers - Fetches, as anybody would.
   * @param backend - Signs, as it would for anybody who is let in.
   */
  constructor(transfers: Transfers, backend: Backend) {
    this.#transfers = transfers;
    this.#backend = backend;
  }

  /**
   * Fetches with another key than the object was sealed with.
   *
   * @param objectKey - The object.
   */
  async withWrongKey(objectKey: string): Promise<void> {
    const choice = choiceOf(objectKey);
    const wrong = await freshKey(choice === "SSE-C" ? "SSE-C" : "client-side");
    await this.#expectRefusal(
      "A wrong key opens nothing",
      () => this.#transfers.fetch(objectKey, wrong),
      choice === "SSE-C"
        ? "S3 compared the key with the salted HMAC that it keeps, and stopped there."
        : "The ciphertext arrived, but this page could not unwrap the data key. Not one byte of plaintext came out.",
    );
  }

  /**
   * Fetches without any key.
   *
   * @param objectKey - The object.
   */
  async withoutKey(objectKey: string): Promise<void> {
    await this.#expectRefusal(
      "Without the key, S3 cannot read it either",
      () => this.#transfers.fetch(objectKey, "none"),
      "The signature was right and the credentials were good: they are not enough in this mode.",
    );
  }

  /**
   * Flips one bit of what is stored, fetches, and flips it back.
   *
   * @param objectKey - The object.
   * @param object - What lies at rest.
   */
  async onDisk(objectKey: string, { storedLength, segmentLength }: AtRest): Promise<void> {
    // In the first segment, so that the storage can still answer with an error: later on it could only break off.
    const offset = Math.floor(Math.min(storedLength, segmentLength) / 2);
    const flip = () => inspect({ kind: "flip-stored-bit", key: objectKey, offset });
    await flip();
    try {
      await this.#expectRefusal(
        "One flipped bit on the disk is noticed",
        () => this.#transfers.fetch(objectKey),
        `One bit of stored byte ${offset.toLocaleString("en")} was flipped. The storage authenticates what it reads before it serves it. The bit is back in place now.`,
      );
    } finally {
      await flip();
    }
  }

  /**
   * Changes one bit of the ciphertext through S3, as anybody with write access could; fetches; puts it back.
   *
   * @param objectKey - The object.
   */
  async throughS3(objectKey: string): Promise<void> {
    const stored = await this.#raw(objectKey, "GET");
    const bytes = new Uint8Array(await stored.arrayBuffer());
    const headers = Object.fromEntries([...stored.headers].filter(([name]) => name.startsWith("x-amz-meta-")));
    const offset = Math.floor(bytes.length / 2);
    const flip = async () => {
      bytes[offset] = (bytes[offset] ?? 0) ^ 1;
      await this.#raw(objectKey, "PUT", headers, bytes);
    };
    await flip();
    try {
      await this.#expectRefusal(
        "A changed object is not opened",
        () => this.#transfers.fetch(objectKey),
        "Somebody with write access replaced the object, one bit changed. S3 served it in good faith; this page noticed and gave out nothing. The object is restored.",
      );
    } finally {
      await flip();
    }
  }

  /**
   * Sends over plain http.
   *
   * @param settings - How the content would be encrypted.
   */
  async overHttp(settings: Settings): Promise<void> {
    const objectKey = `${settings.choice}/sent-over-http.txt`;
    try {
      await this.#transfers.sendOverHttp(settings, objectKey);
      await this.#backend.delete(objectKey);
      announce(acceptedOverHttp(settings));
    } catch (error) {
      announce({
        outcome: "refused",
        title: isSentNowhere(error) ? "This page sends no key over plain http" : "S3 refuses plain http in this mode",
        ...failureOf(error),
        meaning: isSentNowhere(error)
          ? "The package stopped before the request was made. Above it: what S3 says where an app has no such guard."
          : "S3 takes such requests over TLS only.",
      });
    }
    if (settings.choice === "SSE-C") {
      await this.#unguarded(objectKey);
    }
  }

  /** What the storage says to a customer key over plain http: with a throw-away key, and past the package's guard. */
  async #unguarded(key: string): Promise<void> {
    const encryption = sse.customerKey(await freshKey("SSE-C"));
    const headers = await sse.headers(encryption, "PutObject");
    const algorithm = Object.entries(headers).filter(([name]) => name.endsWith("-algorithm"));
    const url = (
      await this.#backend.signerFor(
        key,
        "http",
      )({
        operation: "PutObject",
        method: "PUT",
        query: {},
        keySuffix: "",
        headers: Object.fromEntries(algorithm),
      })
    ).url;
    const response = await fetch(url, { method: "PUT", headers, body: new Uint8Array([0]) });
    announce({
      outcome: response.ok ? "bad" : "refused",
      title: response.ok ? "The storage took a key over plain http" : "S3 refuses a customer key over plain http",
      ...(await s3Error(response)),
      meaning: "Sent with a throw-away key. A key that travelled like this would have to be given up.",
    });
  }

  async #raw(
    key: string,
    method: "GET" | "PUT",
    headers: Record<string, string> = {},
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<Response> {
    const operation = method === "GET" ? "GetObject" : "PutObject";
    const { url } = await this.#backend.signerFor(key)({ operation, method, query: {}, keySuffix: "", headers });
    const response = await fetch(url, { method, headers, body: body ?? null });
    if (!response.ok) {
      const { code, message } = await s3Error(response);
      throw new Error(`the storage answered ${code}: ${message}`);
    }
    return response;
  }

  async #expectRefusal(title: string, attempt: () => Promise<unknown>, meaning: string): Promise<void> {
    try {
      await attempt();
    } catch (error) {
      announce({ outcome: "refused", title, ...failureOf(error), meaning });
      return;
    }
    announce({
      outcome: "bad",
      title: "It was not refused",
      message: "The object came back as if nothing had happened.",
    });
  }
}

function isSentNowhere(error: unknown): boolean {
  return isEnvelopeError(error) && error.code === "INSECURE_TRANSPORT";
}

function acceptedOverHttp({ choice }: Settings) {
  const isSealed = choice === "client-side";
  return {
    outcome: isSealed ? "good" : "bad",
    title: isSealed ? "S3 took it over plain http, sealed" : "S3 took it over plain http, readable",
    message: isSealed
      ? "Whoever listened got ciphertext. TLS still hides which object it is, and who asks for it."
      : "Whoever listened could read it: in this mode nothing but TLS covers the way.",
    meaning: "A bucket policy with aws:SecureTransport makes S3 refuse it. The object was deleted again.",
  } as const;
}

async function s3Error(response: Response): Promise<{ code: string; message: string }> {
  const document = new DOMParser().parseFromString(await response.text(), "application/xml");
  const textOf = (name: string) => document.getElementsByTagName(name)[0]?.textContent ?? "";
  return { code: `${String(response.status)} ${textOf("Code")}`.trim(), message: textOf("Message") };
}
