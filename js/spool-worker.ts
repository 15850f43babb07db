/** Keeps one private file: the fast way to such files is open to workers only. */

import { lockOfFile, privateFolder, removeOrphans } from "./spool-folder.js";
import type { WorkerScope } from "./worker-scope.js";

/** What is asked for. */
export type FileRequest =
  | { readonly kind: "open" }
  | { readonly kind: "write" | "read"; readonly at: number; readonly length: number; readonly buffer: ArrayBuffer }
  | { readonly kind: "finish" }
  | { readonly kind: "remove" };

/** The answer; one to each request, in order. */
export interface FileAnswer {
  /** How many bytes were read or written. */
  readonly length: number;
  /** The buffer that was lent. */
  readonly buffer?: ArrayBuffer;
  /** The finished file. */
  readonly file?: File;
  /** What went wrong. */
  readonly failure?: string;
}

/** What of such files is used; the types of pages do not have it. */
interface SyncAccessHandle {
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  close(): void;
}

type FileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccessHandle> };
const scope = globalThis as unknown as WorkerScope<FileRequest, FileAnswer>;

let file: { readonly name: string; readonly handle: SyncAccessHandle } | undefined;
let finishedName: string | undefined;

const folder = () => privateFolder(true);

/** Opens a file of its own, under a lock that ends with this worker, however that ends. */
async function open(): Promise<void> {
  const name = crypto.randomUUID();
  await new Promise<void>((isHeld, reject) => {
    navigator.locks
      .request(lockOfFile(name), () => {
        isHeld();
        return new Promise(() => undefined);
      })
      .catch(reject);
  });
  const home = await folder();
  await removeOrphans(home);
  const handle = (await home.getFileHandle(name, { create: true })) as FileHandle;
  file = { name, handle: await handle.createSyncAccessHandle() };
}

/** Closes the file and gives it as others may read it. It stays until it is removed, or this worker is gone. */
async function finish(): Promise<File> {
  const { name, handle } = opened();
  handle.close();
  file = undefined;
  finishedName = name;
  return await (await (await folder()).getFileHandle(name)).getFile();
}

async function remove(): Promise<void> {
  file?.handle.close();
  const name = finishedName ?? opened().name;
  file = undefined;
  await (await folder()).removeEntry(name);
}

function opened(): NonNullable<typeof file> {
  if (file === undefined) {
    throw new Error("no file is open");
  }
  return file;
}

async function respond(request: FileRequest): Promise<FileAnswer> {
  switch (request.kind) {
    case "open":
      await open();
      return { length: 0 };
    case "write": {
      const { at, length: wanted, buffer } = request;
      const length = opened().handle.write(new Uint8Array(buffer, 0, wanted), { at });
      return length === wanted ? { length, buffer } : { length, failure: "there is no more room" };
    }
    case "read": {
      const { at, length, buffer } = request;
      return { length: opened().handle.read(new Uint8Array(buffer, 0, length), { at }), buffer };
    }
    case "finish": {
      const finished = await finish();
      return { length: finished.size, file: finished };
    }
    case "remove":
      await remove();
      return { length: 0 };
  }
}

async function answer(request: FileRequest): Promise<void> {
  try {
    const given = await respond(request);
    scope.postMessage(given, given.buffer === undefined ? [] : [given.buffer]);
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : "unknown";
    scope.postMessage({ length: 0, failure: reason }, []);
  }
}

/** Answers come in the order of the requests, of which some wait for the browser. */
let turn: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  turn = turn.then(() => answer(data));
};
