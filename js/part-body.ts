/** The body of a part, or of a whole object, while it is put together. */

import type { Checksums, RunningChecksum } from "./checksum.js";
import type { CollectorPauses } from "./collector-pauses.js";
import { discard } from "./discard.js";
import type { Encryption } from "./encryption.js";
import { ordered, type SegmentWork } from "./ordered.js";
import { type Segment, TAG_LENGTH } from "./segments.js";
import { orFreed, type Stopping } from "./stopping.js";

/**
 * So many bytes, at most, are gathered before they become a Blob: making one is the dearest step of an encrypted upload, and
 * costs as much for a segment as for a part. A body that is no longer lies in one piece until its end.
 */
export const GATHERED_LENGTH = 64 * 1024 * 1024;

/** A body that is ready to be sent. */
export interface PartBody {
  /** The bytes. */
  readonly blob: Blob;
  /** Their checksum in base64, where one was asked for. */
  readonly checksum: string | undefined;
}

/** What is done with content on its way into a body. */
export interface Treatment {
  /** Encrypts it, if it is to be encrypted here. */
  readonly encryption: Encryption | undefined;
  /** Sums it, if checksums were asked for. */
  readonly checksums: Checksums | undefined;
  /** Where bodies are put together. */
  readonly tables: Tables;
  /** What ends it: nothing is read, encrypted or summed any more then. */
  readonly stopping: Stopping;
  /** Time for the collector, which all parts share: each is too short to be given any. */
  readonly pauses: CollectorPauses;
}

/** Memory in which one body after the other is put together: memory that was used before costs nothing to fill. */
export class Tables {
  readonly #cleared: Uint8Array<ArrayBuffer>[] = [];

  /** Memory for at least so many bytes. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const last = this.#cleared.pop();
    return last !== undefined && last.length >= length ? last : new Uint8Array(length);
  }

  /** Takes memory back that nobody uses any more. */
  clear(table: Uint8Array<ArrayBuffer>): void {
    this.#cleared.push(table);
  }
}

/** A body that is being put together. */
export class Assembly {
  readonly #tables: Tables;
  readonly #table: Uint8Array<ArrayBuffer>;
  readonly #checksum: RunningChecksum | undefined;
  /** What was gathered before, and found no more room. */
  readonly #blobs: Blob[] = [];
  #filled = 0;

  /**
   * @param treatment - What is done with the content.
   * @param contentLength - How much content will come at most, in bytes.
   */
  constructor({ checksums, tables }: Treatment, contentLength: number) {
    const length = contentLength + TAG_LENGTH;
    this.#tables = tables;
    this.#table = tables.take(Math.min(length, GATHERED_LENGTH));
    this.#checksum = checksums?.running(length);
  }

  /**
   * Adds bytes, which are copied.
   *
   * @param bytes - The bytes.
   */
  append(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > this.#table.length) {
      this.#blobs.push(this.#gathered());
      this.#filled = 0;
    }
    this.#table.set(bytes, this.#filled);
    this.#checksum?.update(this.#table.subarray(this.#filled, this.#filled + bytes.length));
    this.#filled += bytes.length;
  }

  /** The body. Called once. */
  async finished(): Promise<PartBody> {
    // The Blob first: it may take the bytes while they are digested elsewhere.
    const blob = this.#blobs.length === 0 ? this.#gathered() : new Blob([...this.#blobs, this.#gathered()]);
    const checksum = await this.#checksum?.finish();
    this.#tables.clear(this.#table);
    return { blob, checksum };
  }

  /** Lets go of a body that nobody wants any more. */
  free(): void {
    this.#checksum?.free();
    this.#tables.clear(this.#table);
  }

  #gathered(): Blob {
    return new Blob([this.#table.subarray(0, this.#filled)]);
  }
}

/**
 * A body of segments, encrypted if they are to be, several at a time. What follows them can still be added.
 *
 * @param segments - The segments, in order.
 * @param treatment - What is done with them.
 * @param contentLength - How much content will come at most, in bytes.
 * @param note - Told how much content was taken, before anything else happens to it.
 */
export async function assemble(
  segments: AsyncGenerator<Segment>,
  treatment: Treatment,
  contentLength: number,
  note: (length: number) => void,
): Promise<Assembly> {
  treatment.stopping.signal.throwIfAborted();
  const body = new Assembly(treatment, contentLength);
  return await orFreed(body, async () => {
    for await (const chunk of ordered(segments, workOf(treatment, note))) {
      body.append(chunk);
      if (treatment.encryption !== undefined) {
        discard(chunk);
      }
    }
    return body;
  });
}

function workOf({ encryption, stopping, pauses }: Treatment, note: (length: number) => void): SegmentWork {
  return {
    stopping,
    pauses,
    depth: () => encryption?.depth ?? 1,
    process({ offset, bytes }) {
      note(bytes.length);
      // What was read is only lent, until the next segment is asked for; what the cipher gave is ours.
      return encryption === undefined ? Promise.resolve(bytes) : encryption.process(offset, bytes);
    },
    end: () => undefined,
    release: () => undefined,
  };
}
