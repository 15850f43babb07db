/** Downloading an object to a file on the person's disk, whole or not at all, never through memory as a whole. */

import { download, type DownloadOptions } from "./download.js";
import { EnvelopeError } from "./errors.js";
import { blobOf, piecesOf } from "./source.js";
import { openPrivateFile, type PrivateFile } from "./spool-file.js";

/** Options of {@link saveObject}. */
export interface SaveOptions extends Omit<DownloadOptions, "release"> {
  /** What the file is to be called. */
  readonly fileName: string;
  /**
   * Lets the person choose where the file goes, in browsers that can ask (File System Access). They ask only in answer to a
   * click, so call `saveObject` right then. Elsewhere, and unless given, the file goes to the browser's downloads.
   */
  readonly ask?: boolean;
}

/** An object that was handed to the browser as a file. */
export interface SavedObject {
  /**
   * - `chosen-file`: written to where the person chose.
   * - `private-file`: written to a file of the origin-private file system, which the browser copies to its downloads.
   * - `blob`: the same through a Blob, where there is no such file system.
   */
  readonly way: "chosen-file" | "private-file" | "blob";
  /** The length of the content in bytes. */
  readonly size: number;
  /** The media type that was stored with the object. */
  readonly contentType: string;
  /**
   * Removes what the browser copies from, which happens by itself after a time that is ample for the copy, and after a crash
   * when anything is spooled next. There is no telling when a browser is done.
   */
  dispose(): Promise<void>;
}

/** How long a browser surely needs to begin with a copy, in milliseconds. */
const COPY_BEGINS_MS = 60_000;
/** And the slowest disk that is reckoned with, in bytes a millisecond: 2 MB a second. */
const COPY_SPEED = 2_000;
/** Timers beyond this go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Downloads an object and gives it to the person as a file. The file comes to be when all of the object was authenticated;
 * where anything was altered there is none, and one that would have been replaced is as it was. Memory does not grow with
 * the object.
 *
 * @param options - Where from, how encrypted, and how the file is called.
 * @throws {@link EnvelopeError} Those of {@link download}, `INVALID_INPUT` where there is no page. The browser's
 * `AbortError` where the person chose no file.
 */
export async function saveObject(options: SaveOptions): Promise<SavedObject> {
  if (typeof document === "undefined") {
    throw new EnvelopeError("INVALID_INPUT", "a worker has no downloads: call saveObject in a page");
  }
  const chosen = options.ask === true ? await chooseFile(options.fileName) : undefined;
  return chosen === undefined ? await saveToDownloads(options) : await saveToChosen(options, chosen);
}

type FilePicker = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
type RemovableHandle = FileSystemFileHandle & { remove?: () => Promise<void> };

async function chooseFile(suggestedName: string): Promise<RemovableHandle | undefined> {
  const { showSaveFilePicker } = globalThis as { showSaveFilePicker?: FilePicker };
  return await showSaveFilePicker?.call(globalThis, { suggestedName });
}

/** What is written to a chosen file lies beside it until it is done: nothing is written that was not authenticated. */
async function saveToChosen(options: SaveOptions, file: RemovableHandle): Promise<SavedObject> {
  const { size: sizeBefore } = await file.getFile();
  try {
    const object = await download({ ...options, release: "verified" });
    await object.saveTo(file);
    const { size } = await file.getFile();
    return { way: "chosen-file", size, contentType: object.contentType, dispose: () => Promise.resolve() };
  } catch (error) {
    if (sizeBefore === 0) {
      // Choosing a new name has made an empty file of it.
      await file.remove?.().catch(() => undefined);
    }
    throw error;
  }
}

/** Nobody sees the private file, or the Blob, before the stream has ended well: it may be written while it is read. */
async function saveToDownloads(options: SaveOptions): Promise<SavedObject> {
  const file = await openPrivateFile();
  try {
    const { body, contentType } = await download({ ...options, release: "delayed-authentication" });
    const content = file === undefined ? await blobOf(piecesOf(body)) : await written(body, file);
    const disposeSoon = hand(content.slice(0, content.size, contentType), options.fileName, async () => file?.remove());
    return {
      way: file === undefined ? "blob" : "private-file",
      size: content.size,
      contentType,
      dispose: disposeSoon,
    };
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

/**
 * Has the browser download a file that it already holds.
 *
 * @returns Lets go of it, at once; it is let go of anyway when the copy must be done.
 */
function hand(content: Blob, fileName: string, remove: () => Promise<void>): () => Promise<void> {
  const url = URL.createObjectURL(content);
  let isDisposed = false;
  const dispose = async () => {
    clearTimeout(timer);
    if (!isDisposed) {
      isDisposed = true;
      URL.revokeObjectURL(url);
      await remove();
    }
  };
  const patience = Math.min(COPY_BEGINS_MS + content.size / COPY_SPEED, LONGEST_TIMER_MS);
  const timer = setTimeout(() => void dispose().catch(() => undefined), patience);
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  document.body.append(link);
  link.click();
  link.remove();
  return dispose;
}
