/**
 * The simulated storage for tests and demos: an Amazon S3 and KMS in WebAssembly that really encrypt at rest. It is a
 * WebAssembly file of its own, which an app that only encrypts never loads.
 *
 * @packageDocumentation
 */

import start, { onPanic, replaceInstance, StorageWorker } from "./wasm/storage_sim.js";

import { sourceOf } from "./on-demand.js";
import { type FaultRule, type FaultState, orFault } from "./storage-faults.js";
import type { Inspection, KmsEvent } from "./storage-inspection.js";
import { ending, internalError, Lives, Revived, StorageDied } from "./storage-life.js";
import { anyTime, turnsAt } from "./storage-lock.js";

export type { Inspection, KmsEvent } from "./storage-inspection.js";
export type { Fault, FaultRule, FaultState } from "./storage-faults.js";

/** An access key of the simulated storage, named as the `Credentials` that `presign` takes. */
export interface StorageCredential {
  /** The access key's id. */
  readonly accessKeyId: string;
  /** The secret. */
  readonly secretAccessKey: string;
  /** The user's id. */
  readonly userId?: string | undefined;
  /** The user's name, as events and listings show it. */
  readonly displayName?: string | undefined;
  /** The user's address. */
  readonly email?: string | undefined;
}

/** How a simulated storage is set up. */
export interface StorageOptions {
  /** The IndexedDB database to keep everything in; in memory unless given. */
  readonly databaseName?: string | undefined;
  /** The region; `us-east-1` unless given. */
  readonly region?: string | undefined;
  /** Who may call; the access key of AWS's documentation unless given. */
  readonly credentials?: readonly StorageCredential[] | undefined;
  /** Aliases of KMS keys to make at start. */
  readonly kmsKeys?: readonly string[] | undefined;
  /** Whose answers are given where servers differ: Amazon's of 2026 unless given, or those that Ceph's s3-tests expect. */
  readonly profile?: "aws-2026" | "aws-2025" | "ceph" | undefined;
  /** Whether new buckets block writes with SSE-C, as on Amazon S3 since April 2026; as the profile has it unless given. */
  readonly sseCDefault?: "blocked" | "allowed" | undefined;
  /** The domain of virtual hosts, `{bucket}.s3.{region}.{baseDomain}`; `storage.test` unless given. */
  readonly baseDomain?: string | undefined;
}

/** A simulated storage. */
export interface StorageSim {
  /**
   * Answers a request as S3 or KMS would. The URL's host says which bucket; `http:` counts as a connection that others
   * can read.
   *
   * @param input - As for the global `fetch`.
   * @param init - As for the global `fetch`.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** What lies at rest of an object. */
  inspectObject(bucket: string, key: string): Promise<Inspection | undefined>;
  /** Bytes of what lies at rest of an object, its parts one after the other. */
  storedBytes(bucket: string, key: string, offset: number, length: number): Promise<Uint8Array | undefined>;
  /** Flips one bit of what lies at rest of an object; tells whether it was there. */
  tamperObject(bucket: string, key: string, offset: number): Promise<boolean>;
  /** The keys of a bucket's objects, or undefined where there is no such bucket. */
  objects(bucket: string): Promise<readonly string[] | undefined>;
  /** What KMS was asked for, newest last. */
  kmsEvents(): Promise<readonly KmsEvent[]>;
  /** Has answers fail, by rules that take the place of those in force; an empty list ends it. */
  setFaults(rules: readonly FaultRule[]): Promise<void>;
  /** The rules in force, with how many answers each has seen. */
  faults(): Promise<readonly FaultState[]>;
  /** Removes everything but the root key. */
  reset(): Promise<void>;
}

let loading: Promise<unknown> | undefined;
/** All storages of this module share one WebAssembly instance. */
const lives = new Lives(() => {
  replaceInstance();
  watchInstance();
});
const READS = ["GET", "HEAD", "OPTIONS"];

/**
 * Opens a simulated storage.
 *
 * @remarks
 * Storages over one database, in several pages or workers, do not damage what others write. Each shows the buckets and
 * objects that were there when it was opened, and what was written through itself.
 *
 * Should its WebAssembly fail, requests are answered with 500 `InternalError`, everything else is rejected, and the next
 * call opens the storage again: with all that it acknowledged where it has a database, empty where it has none.
 *
 * @param options - How it is set up.
 * @throws An `Error` that says which setting is wrong, or why the database cannot be opened.
 */
export async function openStorage(options: StorageOptions = {}): Promise<StorageSim> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  await loading;
  const turns = turnsAt(options.databaseName);
  const storage = new Revived(lives, () => StorageWorker.open(options), turns.alone, whatIsLeft(options));
  // Wrong settings are told now, not by the first request.
  await storage.call(() => Promise.resolve());
  return {
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const turn = READS.includes(request.method) ? anyTime : turns.together;
      try {
        const answer = await storage.call(async (worker, life) => ending(await worker.handle(request), life), turn);
        // Outside of its turn: an answer that never comes holds nobody else up.
        return await orFault(answer, request.signal);
      } catch (error) {
        if (error instanceof StorageDied) {
          return internalError(error);
        }
        throw error;
      }
    },
    inspectObject: (bucket, key) =>
      storage.call(async (worker) => (await worker.inspectObject(bucket, key)) as Inspection | undefined),
    storedBytes: (bucket, key, offset, length) =>
      storage.call((worker) => worker.storedBytes(bucket, key, offset, length)),
    tamperObject: (bucket, key, offset) => storage.call((worker) => worker.tamperObject(bucket, key, offset)),
    objects: (bucket) =>
      storage.call(async (worker) => (await worker.objects(bucket)) as readonly string[] | undefined),
    kmsEvents: () => storage.call(async (worker) => (await worker.kmsEvents()) as readonly KmsEvent[]),
    setFaults: (rules) =>
      storage.call((worker) => {
        worker.setFaults(rules);
        return Promise.resolve();
      }),
    faults: () => storage.call((worker) => Promise.resolve(worker.faults() as readonly FaultState[])),
    reset: () => storage.call((worker) => worker.reset(), turns.alone),
  };
}

/** The first call after a replacement starts the fresh instance: before anything of the dead one can call into it. */
function watchInstance(): void {
  onPanic(() => {
    lives.end();
  });
}

function whatIsLeft({ databaseName }: StorageOptions): string {
  return databaseName === undefined
    ? "It kept everything in memory, so its content is lost: the next call finds it empty."
    : "What it acknowledged is in its database: the next call finds it there.";
}

async function load(): Promise<void> {
  // Written literally, so that bundlers see it and bring the file along.
  const url = new URL("./wasm/storage_sim_bg.wasm", import.meta.url);
  await start({ module_or_path: await sourceOf(url) });
  watchInstance();
}
