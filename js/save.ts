/** Downloading an object to a file on the person's disk, whole or not at all, never through memory as a whole. */

import { DownloadWorker } from "./browser-download.js";
import { download, type DownloadedObject, type DownloadOptions } from "./download.js";
import { EnvelopeError, isEnvelopeError } from "./errors.js";
import { safeFileName } from "./file-name.js";
import { hand } from "./hand.js";
import { piecesOf } from "./source.js";
import { openPrivateFile, type PrivateFile } from "./spool-file.js";
import { removeOrphansSoon } from "./spool-folder.js";

/**
 * How a file comes to the person's disk.
 *
 * - `chosen-file`: written to where the person chose (File System Access).
 * - `service-worker`: an ordinary download, which the browser takes from a service worker as it is decrypted.
 * - `private-file`: written to a file of the origin-private file system first, which the browser copies to its downloads.
 * - `blob`: the same through a Blob, where there is no such file system.
 */
export type SaveWay = "chosen-file" | "service-worker" | "private-file" | "blob";

/** Options of {@link saveObject}. */
export interface SaveOptions extends DownloadOptions {
  /** What the file is to be called. A name, not a path: what would make one of it is replaced. */
  readonly fileName: string;
  /**
   * Lets the person choose where the file goes, in browsers that can ask (File System Access). They ask only in answer to a
   * click, so call `saveObject` right then. Elsewhere, and unless given, the file goes to the browser's downloads.
   */
  readonly ask?: boolean | undefined;
  /**
   * The registration of a service worker that runs `s3-envelope/download-worker.js`, alone or beside its own work. With it
   * a download is there as soon as it is decrypted, and nothing is kept on disk but the file itself. The page's
   * Content-Security-Policy needs `frame-src 'self'`.
   */
  readonly serviceWorker?: ServiceWorkerRegistration | undefined;
  /**
   * The only way to go. Unless given, it is the first that can be gone: `chosen-file` with `ask`, `service-worker` with
   * `serviceWorker`, `private-file`, `blob`.
   */
  readonly way?: SaveWay | undefined;
  /**
   * When plaintext leaves this package, as for `download`. No file is ever complete that was not authenticated; with
   * `delayed-authentication` a download through a service worker begins at once, and fails at its end if it was forged:
   * some of it has been on the disk then.
   */
  readonly release?: "verified" | "delayed-authentication" | undefined;
}

/** An object that was handed to the browser as a file. */
export interface SavedObject {
  /** How it went. */
  readonly way: SaveWay;
  /** The length of the content in bytes. */
  readonly size: number;
  /** The media type that was stored with the object. */
  readonly contentType: string;
  /**
   * Removes what the browser copies from (`private-file`, `blob`), which happens by itself after a time that is ample for
   * the copy, and after a crash, or where the page was closed, as soon as anything is saved next. There is no telling when a
   * browser is done.
   */
  dispose(): Promise<void>;
}

/**
 * Downloads an object and gives it to the person as a file. The file comes to be when all of the object was authenticated;
 * where anything was altered there is none, and one that would have been replaced is as it was. Memory does not grow with
 * the object.
 *
 * @param options - Where from, how encrypted, and how the file is called.
 * @throws {@link EnvelopeError} Those of {@link download}, `DOWNLOAD_CANCELLED`, `DOWNLOAD_UNAVAILABLE` where `way` cannot
 * be gone, `INVALID_INPUT` where there is no page. The browser's `AbortError` where the person chose no file.
 */
export async function saveObject(options: SaveOptions): Promise<SavedObject> {
  if (typeof document === "undefined") {
    throw new EnvelopeError("INVALID_INPUT", "a worker has no downloads: call saveObject in a page");
  }
  removeOrphansSoon();
  const save = await firstWay({ ...options, fileName: safeFileName(options.fileName) });
  return await save();
}

/** The first way that can be gone, or the one that was insisted on. */
async function firstWay(options: SaveOptions): Promise<() => Promise<SavedObject>> {
  const { way, fileName, ask = false } = options;
  if (way === "chosen-file" || (way === undefined && ask)) {
    const chosen = await chooseFile(fileName);
    if (chosen !== undefined) {
      return () => saveToChosen(options, chosen);
    }
  }
  if (way === "service-worker" || way === undefined) {
    const worker = await downloadWorker(options);
    if (worker !== undefined) {
      return () => saveThroughWorker(options, worker);
    }
  }
  if (way === "private-file" || way === undefined) {
    const file = await openPrivateFile();
    if (file !== undefined) {
      return () => saveToDownloads(options, file);
    }
  }
  if (way === "blob" || way === undefined) {
    return () => saveToDownloads(options, undefined);
  }
  throw new EnvelopeError("DOWNLOAD_UNAVAILABLE", `this browser cannot download by way of ${way}: leave way out`);
}

type FilePicker = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
type RemovableHandle = FileSystemFileHandle & { remove?: () => Promise<void> };

async function chooseFile(suggestedName: string): Promise<RemovableHandle | undefined> {
  const { showSaveFilePicker } = globalThis as { showSaveFilePicker?: FilePicker };
  return await showSaveFilePicker?.call(globalThis, { suggestedName });
}

/** The worker of the app's registration; one that does not answer matters where it was insisted on. */
async function downloadWorker({ way, serviceWorker }: SaveOptions): Promise<DownloadWorker | undefined> {
  if (serviceWorker === undefined) {
    return undefined;
  }
  return await DownloadWorker.of(serviceWorker).catch((error: unknown) => {
    if (way !== undefined || !isEnvelopeError(error)) {
      throw error;
    }
    return undefined;
  });
}

const nothing = () => Promise.resolve();

/** What is written to a chosen file lies beside it until it is done: nothing is written that was not authenticated. */
async function saveToChosen(options: SaveOptions, file: RemovableHandle): Promise<SavedObject> {
  const { size: sizeBefore } = await file.getFile();
  let object: DownloadedObject;
  try {
    object = await download(options);
    await object.saveTo(file);
  } catch (error) {
    if (sizeBefore === 0) {
      // Choosing a new name has made an empty file of it.
      await file.remove?.().catch(() => undefined);
    }
    throw error;
  }
  const size = object.size ?? (await file.getFile()).size;
  return { way: "chosen-file", size, contentType: object.contentType, dispose: nothing };
}

/** The browser has bytes as soon as there are any: by default only when all of them are authenticated. */
async function saveThroughWorker(options: SaveOptions, worker: DownloadWorker): Promise<SavedObject> {
  const { body, size: expected, contentType } = await download(options);
  // What was not decrypted here may be somebody's still: of a `fetch` of the page's own.
  const file = { name: options.fileName, size: expected, isOurs: options.keyring !== undefined };
  const size = await worker.download(body, file, options.signal);
  return { way: "service-worker", size, contentType, dispose: nothing };
}

/** Nobody sees the private file, or the Blob, before the stream has ended well: it may be written while it is read. */
async function saveToDownloads(options: SaveOptions, file: PrivateFile | undefined): Promise<SavedObject> {
  try {
    const object = await download({ ...options, release: "delayed-authentication" });
    const { body, contentType } = object;
    const content = file === undefined ? await object.blob() : await written(body, file);
    const dispose = hand(content.slice(0, content.size, contentType), options.fileName, async () => file?.remove());
    return { way: file === undefined ? "blob" : "private-file", size: content.size, contentType, dispose };
  } catch (error) {
    await file?.remove().catch(() => undefined);
    throw error;
  }
}

async function written(body: ReadableStream<Uint8Array<ArrayBuffer>>, file: PrivateFile): Promise<File> {
  for await (const piece of piecesOf(body)) {
    await file.append(piece);
  }
  return await file.finish();
}
