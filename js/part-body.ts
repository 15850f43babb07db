/** The body of a part, or of a whole object, while it is put together. */

import type { Checksums, RunningChecksum } from "./checksum.js";
import type { Encryption } from "./encryption.js";
import { ordered, type SegmentWork } from "./ordered.js";
import { type Segment, TAG_LENGTH } from "./segments.js";

/**
 * So many bytes are gathered before they become a Blob: making one is the dearest step of an encrypted upload, and costs
 * as much for a segment as for a part. Short of that, segments are handed over as they came from the cipher, uncopied.
 */
const GATHERED_LENGTH = 64 * 1024 * 1024;

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
}

/** A body that is being put together. */
export class Assembly {
  readonly #pieces: (Blob | Uint8Array<ArrayBuffer>)[] = [];
  readonly #checksum: RunningChecksum | undefined;
  #gathered = 0;

  /**
   * @param treatment - What is done with the content.
   * @param contentLength - How much content will come at most, in bytes.
   */
  constructor({ checksums }: Treatment, contentLength: number) {
    this.#checksum = checksums?.running(contentLength + TAG_LENGTH);
  }

  /**
   * Adds bytes.
   *
   * @param bytes - Bytes that nobody changes any more.
   */
  append(bytes: Uint8Array<ArrayBuffer>): void {
    this.#checksum?.update(bytes);
    this.#pieces.push(bytes);
    this.#gathered += bytes.length;
    if (this.#gathered >= GATHERED_LENGTH) {
      this.#pieces.splice(0, Infinity, new Blob(this.#pieces));
      this.#gathered = 0;
    }
  }

  /** The body. Called once. */
  async finished(): Promise<PartBody> {
    // The Blob first: it may take the bytes while they are digested elsewhere.
    return { blob: new Blob(this.#pieces), checksum: await this.#checksum?.finish() };
  }

  /** Lets go of a body that nobody wants any more. */
  abandon(): void {
    this.#checksum?.free();
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
  const body = new Assembly(treatment, contentLength);
  try {
    for await (const chunk of ordered(segments, workOf(treatment, note))) {
      body.append(chunk);
    }
    return body;
  } catch (error) {
    body.abandon();
    throw error;
  }
}

function workOf({ encryption }: Treatment, note: (length: number) => void): SegmentWork {
  return {
    depth: encryption?.depth ?? 1,
    process({ offset, bytes }) {
      note(bytes.length);
      // What was read is only lent; what the cipher gave is ours.
      return encryption === undefined ? Promise.resolve(bytes.slice()) : encryption.process(offset, bytes);
    },
    end: () => undefined,
    release: () => undefined,
  };
}
