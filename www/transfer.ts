/** Sends and fetches objects as an app would, with the package's own `upload` and `download`. */

import {
  AesKeyring,
  download,
  type DownloadedObject,
  isEnvelopeError,
  saveObject,
  type ServerSideEncryption,
  sse,
  upload,
  type UploadedObject,
  type UploadProgress,
} from "s3-envelope";

import type { Backend } from "./backend.js";
import { sha256 } from "./bytes.js";
import type { HeldKey, KeyHolderMode } from "./keys.js";
import type { Choice } from "./modes.js";
import { keepReceipt, type Receipt, receiptOf } from "./receipts.js";

/** How an object is to be encrypted, or was. */
export interface Settings {
  readonly choice: Choice;
  /** The KMS key, where one is to be named. */
  readonly kmsKeyId: string | undefined;
}

/** The keys that a person holds. */
export type Keys = Readonly<Record<KeyHolderMode, HeldKey>>;

/** How an upload is watched and stopped. */
export interface Watch {
  readonly onProgress: (progress: UploadProgress) => void;
  readonly signal: AbortSignal;
}

/** The longest file of the demo, in bytes: it is held in memory to show and compare it. The package has no such limit. */
export const MAX_LENGTH = 256 * 1024 * 1024;
/** How many first bytes of a file are shown. */
export const SHOWN_BYTES = 256;
/** S3's shortest part, so that the progress of middling files can be seen. */
const PART_SIZE = 5 * 1024 * 1024;

/** The key of an object, so that the same file can lie in the bucket once for each way of encrypting it. */
export function objectKeyOf(choice: Choice, fileName: string): string {
  return `${choice}/${fileName}`;
}

/** Which way of encrypting an object's key tells of; it was chosen by {@link objectKeyOf}. */
export function choiceOf(objectKey: string): Choice {
  const known: readonly string[] = ["client-side", "SSE-C", "SSE-S3", "SSE-KMS"] satisfies Choice[];
  const [folder = ""] = objectKey.split("/");
  return known.includes(folder) ? (folder as Choice) : "bucket-default";
}

/** Sends files and fetches objects. */
export class Transfers {
  readonly #backend: Backend;
  readonly #keys: Keys;

  /**
   * @param backend - Signs the URLs.
   * @param keys - The keys that a person holds.
   */
  constructor(backend: Backend, keys: Keys) {
    this.#backend = backend;
    this.#keys = keys;
  }

  /**
   * Sends a file and notes what it was.
   *
   * @param file - The file.
   * @param settings - How it is to be encrypted.
   * @param watch - How the upload is watched and stopped.
   */
  async send(file: File, settings: Settings, watch: Watch): Promise<UploadedObject> {
    const key = objectKeyOf(settings.choice, file.name);
    return this.#encrypted(settings, undefined, async (encryption) => {
      const stored = await upload(file, {
        ...encryption,
        presign: this.#backend.signerFor(key),
        partSize: PART_SIZE,
        ...watch,
      });
      const start = new Uint8Array(await file.slice(0, SHOWN_BYTES).arrayBuffer());
      const { choice } = settings;
      await keepReceipt(key, { choice, fileName: file.name, length: file.size, sha256: await sha256(file), start });
      return stored;
    });
  }

  /**
   * Fetches an object.
   *
   * @param objectKey - Its key in the bucket.
   * @param key - The key to open it with; the person's own unless given, `"none"` to try without.
   */
  async fetch(objectKey: string, key?: Uint8Array<ArrayBuffer> | "none"): Promise<Fetched> {
    const choice = choiceOf(objectKey);
    const { blob, receipt } = await this.#encrypted({ choice, kmsKeyId: undefined }, key, async (encryption) => {
      const object: DownloadedObject = await download({ ...encryption, presign: this.#backend.signerFor(objectKey) });
      return { blob: await object.blob(), receipt: await receiptOf(objectKey) };
    });
    return { blob, sha256: await sha256(blob), receipt };
  }

  /**
   * Downloads an object to a file on the person's disk, verified before there is one. It goes through the service worker,
   * which is there anyway, and needs no room but that of the file.
   *
   * @param objectKey - Its key in the bucket.
   * @param fileName - What the file is to be called.
   */
  async save(objectKey: string, fileName: string): Promise<void> {
    const settings = { choice: choiceOf(objectKey), kmsKeyId: undefined };
    const serviceWorker = await navigator.serviceWorker.ready;
    await this.#encrypted(settings, undefined, (encryption) =>
      saveObject({ ...encryption, presign: this.#backend.signerFor(objectKey), fileName, serviceWorker }),
    );
  }

  /**
   * Tries to send a few bytes over plain http.
   *
   * @param settings - How they are to be encrypted.
   * @param objectKey - Where to.
   */
  async sendOverHttp(settings: Settings, objectKey: string): Promise<UploadedObject> {
    const presign = this.#backend.signerFor(objectKey, "http");
    const content = new TextEncoder().encode("Nothing worth reading.");
    return this.#encrypted(settings, undefined, (encryption) => upload(content, { ...encryption, presign }));
  }

  async #encrypted<Result>(
    settings: Settings,
    key: Uint8Array<ArrayBuffer> | "none" | undefined,
    work: (encryption: Encryption) => Promise<Result>,
  ): Promise<Result> {
    if (settings.choice !== "client-side") {
      return work({ sse: this.#serverSide(settings, key) });
    }
    const keyring = await AesKeyring.fromBytes(
      key === undefined || key === "none" ? this.#keys["client-side"].bytes : key,
    );
    try {
      return await work({ keyring });
    } finally {
      keyring.dispose();
    }
  }

  #serverSide({ choice, kmsKeyId }: Settings, key: Uint8Array<ArrayBuffer> | "none" | undefined): ServerSideEncryption {
    switch (choice) {
      case "SSE-C":
        return key === "none" ? sse.bucketDefault() : sse.customerKey(key ?? this.#keys["SSE-C"].bytes);
      case "SSE-S3":
        return sse.s3();
      case "SSE-KMS":
        return sse.kms(kmsKeyId === undefined ? {} : { keyId: kmsKeyId });
      default:
        return sse.bucketDefault();
    }
  }
}

/** An object as it came back. */
export interface Fetched {
  readonly blob: Blob;
  readonly sha256: string;
  /** What this browser noted when it sent the object, if it did. */
  readonly receipt: Receipt | undefined;
}

/** The code and the words of a failure, whatever it is. */
export function failureOf(error: unknown): { code: string; message: string } {
  if (isEnvelopeError(error)) {
    return { code: error.code, message: error.message };
  }
  return {
    code: error instanceof Error ? error.name : "Error",
    message: String(error instanceof Error ? error.message : error),
  };
}

type Encryption = { readonly keyring: AesKeyring } | { readonly sse: ServerSideEncryption };
