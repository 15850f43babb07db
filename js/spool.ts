/** Where ciphertext waits for its authentication: in memory while it is small, then on disk. Never plaintext. */

import { EnvelopeError } from "./errors.js";
import { discard } from "./discard.js";
import { GatheredBlob } from "./gathered-blob.js";
import { openPrivateFile } from "./spool-file.js";
import { removeOrphansSoon } from "./spool-folder.js";
import { blobChunks } from "./source.js";
import { until } from "./stopping.js";

/** What is kept in memory unless the caller says otherwise, in bytes. */
const DEFAULT_MEMORY_LIMIT = 64 * 1024 * 1024;

/** Bytes that were put away in order, to be read once in order. */
export interface SpoolStore {
  /** Puts a piece away, which is read until the promise resolves. One is put away at a time. */
  append(bytes: Uint8Array): Promise<void>;
  /** All pieces. A chunk is to be used only until the next one is asked for. */
  chunks(): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Removes everything, at any time. */
  remove(): Promise<void>;
}

/** Begins in memory and moves to disk when that becomes too much. */
export class Spool implements SpoolStore {
  readonly #memoryLimit: number;
  #store: SpoolStore = new MemoryStore();
  #length = 0;
  #isInMemory = true;
  #isRemoved = false;

  /**
   * @param memoryLimit - How many bytes to keep in memory.
   * @throws {@link EnvelopeError} `INVALID_INPUT` where that is no length.
   */
  constructor(memoryLimit = DEFAULT_MEMORY_LIMIT) {
    if (!(memoryLimit >= 0)) {
      throw new EnvelopeError("INVALID_INPUT", "spoolMemoryLimit must be a number of bytes, at least 0");
    }
    this.#memoryLimit = memoryLimit;
    removeOrphansSoon();
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#length += bytes.length;
    if (this.#isInMemory && this.#length > this.#memoryLimit) {
      await this.#moveToDisk();
    }
    await this.#store.append(bytes);
  }

  chunks(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return this.#store.chunks();
  }

  /**
   * Removes everything, which may be at any time. What cannot be removed now is removed by the next one that spools, and is no
   * failure of what it was for.
   *
   * @param signal - Ends the wait, not the removal.
   */
  async remove(signal?: AbortSignal): Promise<void> {
    this.#isRemoved = true;
    await until(this.#store.remove(), signal).catch(() => undefined);
  }

  async #moveToDisk(): Promise<void> {
    this.#isInMemory = false;
    const inMemory = this.#store;
    const onDisk = (await openPrivateFile()) ?? new BlobStore();
    this.#store = onDisk;
    if (this.#isRemoved) {
      // While it was being opened.
      await onDisk.remove();
      return;
    }
    for await (const piece of inMemory.chunks()) {
      await onDisk.append(piece);
    }
  }
}

class MemoryStore implements SpoolStore {
  #pieces: Uint8Array<ArrayBuffer>[] = [];

  append(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(new Uint8Array(bytes));
    return Promise.resolve();
  }

  /** Lets go of each piece as it is given. */
  // eslint-disable-next-line @typescript-eslint/require-await -- one interface for all stores
  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    this.#pieces.reverse();
    for (let piece = this.#pieces.pop(); piece !== undefined; piece = this.#pieces.pop()) {
      yield piece;
      discard(piece);
    }
  }

  remove(): Promise<void> {
    this.#pieces = [];
    return Promise.resolve();
  }
}

/** Blobs are the browser's to keep: outside the page's memory, and on disk when there are many. */
class BlobStore implements SpoolStore {
  readonly #gathering = new GatheredBlob();

  append(bytes: Uint8Array): Promise<void> {
    this.#gathering.append(bytes);
    return Promise.resolve();
  }

  chunks(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return blobChunks(this.#gathering.finished());
  }

  remove(): Promise<void> {
    this.#gathering.forget();
    return Promise.resolve();
  }
}
