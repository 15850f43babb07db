/** A Blob of pieces, gathered before they are handed to the browser: to make one costs as much for a piece as for many. */

/** How much is gathered, in bytes. */
const GATHERED_LENGTH = 8 * 1024 * 1024;

/** A Blob while it is put together: what was handed to the browser lies outside the page's memory. */
export class GatheredBlob {
  #blobs: Blob[] = [];
  #table: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #filled = 0;

  /**
   * Adds bytes, which are copied.
   *
   * @param bytes - The bytes.
   */
  append(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0;) {
      if (this.#filled === this.#table.length) {
        this.#makeRoom();
      }
      const taken = rest.subarray(0, this.#table.length - this.#filled);
      this.#table.set(taken, this.#filled);
      this.#filled += taken.length;
      rest = rest.subarray(taken.length);
    }
  }

  /**
   * All of it. Nothing is added after this.
   *
   * @param type - The media type, if there is to be one.
   */
  finished(type = ""): Blob {
    const blobs = [...this.#blobs, new Blob([this.#table.subarray(0, this.#filled)])];
    this.forget();
    return new Blob(blobs, { type });
  }

  /** Lets go of it. */
  forget(): void {
    this.#blobs = [];
    this.#table = new Uint8Array(0);
    this.#filled = 0;
  }

  /** Small contents are common: there is room for much only where there is much. */
  #makeRoom(): void {
    if (this.#table.length === GATHERED_LENGTH) {
      this.#blobs.push(new Blob([this.#table]));
      this.#filled = 0;
      return;
    }
    const larger = new Uint8Array(Math.min(GATHERED_LENGTH, Math.max(64 * 1024, this.#table.length * 4)));
    larger.set(this.#table);
    this.#table = larger;
  }
}
