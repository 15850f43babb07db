/** Keeps one private file: the fast way to such files is open to workers only. */

import { discard } from "./discard.js";
import { lockOfFile, privateFolder, removeOrphans } from "./spool-folder.js";
import type { WorkerScope } from "./worker-scope.js";

/** What is asked for. */
export type FileRequest =
  | { readonly kind: "open" }
  | { readonly kind: "write"; readonly at: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "read"; readonly at: number; readonly length: number; readonly buffer: ArrayBuffer }
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
      const { at, bytes } = request;
      const wanted = bytes.length;
      const length = opened().handle.write(bytes, { at });
      discard(bytes);
      return length === wanted ? { length } : { length, failure: "there is no more room" };
    }
    case "read": {
      const { buffer, at } = request;
      return { length: opened().handle.read(new Uint8Array(buffer, 0, request.length), { at }), buffer };
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

scope.onmessage = ({ data }) => {
  respond(data)
    .catch((error: unknown): FileAnswer => {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : "unknown";
      return { length: 0, failure: reason };
    })
    .then((answer) => {
      scope.postMessage(answer, answer.buffer === undefined ? [] : [answer.buffer]);
    })
    .catch(() => undefined);
};
