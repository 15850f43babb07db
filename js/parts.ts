/** The content of an upload, part by part: read, encrypted if it is to be, ready to be sent. */

import type { Encryption } from "./encryption.js";
import { EnvelopeError } from "./errors.js";
import { ordered, type SegmentWork } from "./ordered.js";
import { type Segment, segmentsOf } from "./segments.js";
import type { OpenSource } from "./source.js";

/**
 * So many bytes are gathered before they become a Blob: making one is the dearest step of an encrypted upload, and costs
 * as much for a segment as for a part. Short of that, segments are handed over as they came from the cipher, uncopied.
 */
const GATHERED_LENGTH = 64 * 1024 * 1024;

/** Where a part lies in the content. */
export interface PartSpan {
  readonly offset: number;
  readonly contentLength: number;
  readonly isLast: boolean;
}

/** Makes the bodies of parts. Sources that are read only once must be asked for their parts in order. */
export class PartBodies {
  readonly #source: OpenSource;
  readonly #length: number;
  readonly #segmentLength: number;
  readonly #encryption: Encryption | undefined;
  /** The one pass over a source that is read only once. */
  readonly #pass: AsyncGenerator<Segment> | undefined;
  /** Lets one part at a time read such a source. */
  #turn: Promise<unknown> = Promise.resolve();
  /** How many bytes of the content were not encrypted yet. */
  #unencrypted: number;
  readonly #allEncrypted: Promise<void>;
  #announceAllEncrypted: () => void = () => undefined;

  /**
   * @param source - The content.
   * @param length - Its length in bytes.
   * @param segmentLength - The length of an encryption segment; parts start at multiples of it.
   * @param encryption - Encrypts, if the content is to be encrypted here.
   */
  constructor(source: OpenSource, length: number, segmentLength: number, encryption: Encryption | undefined) {
    this.#source = source;
    this.#length = length;
    this.#segmentLength = segmentLength;
    this.#encryption = encryption;
    this.#pass = source.isReplayable ? undefined : segmentsOf(source.chunks(), { length: segmentLength });
    this.#unencrypted = length;
    this.#allEncrypted = new Promise((resolve) => {
      this.#announceAllEncrypted = resolve;
    });
  }

  /**
   * A maker of the body of a part as it is sent; of the last one, with the tag behind it. A source that can be read
   * again is read and encrypted again for each attempt; of any other, the body is kept until the part was sent.
   *
   * @param part - The part.
   */
  bodyOf(part: PartSpan): () => Promise<Blob> {
    let attempts = 0;
    let kept: Promise<Blob> | undefined;
    return () => {
      attempts += 1;
      if (this.#source.isReplayable) {
        return this.#make(part, attempts === 1);
      }
      kept ??= this.#make(part, true);
      return kept;
    };
  }

  /** Lets go of a source that is read only once. */
  async close(): Promise<void> {
    await this.#pass?.return(undefined);
  }

  async #make(part: PartSpan, isFirst: boolean): Promise<Blob> {
    const body = this.#source.isReplayable ? await this.#replay(part) : await this.#next(part);
    if (isFirst) {
      this.#noteEncrypted(part.contentLength);
    }
    if (body instanceof Blob) {
      return body;
    }
    if (part.isLast && this.#encryption !== undefined) {
      // Parts are sent in any order, but the tag is made of all of them.
      await this.#allEncrypted;
      body.append(this.#encryption.finish());
    }
    return body.finished();
  }

  async #replay(part: PartSpan): Promise<Blob | Assembly> {
    const end = part.offset + part.contentLength;
    if (this.#encryption === undefined && this.#source.slice !== undefined) {
      return this.#source.slice(part.offset, end);
    }
    const chunks = this.#source.chunks(part.offset, end);
    const segments = segmentsOf(chunks, { length: this.#segmentLength, start: part.offset });
    return await this.#collect(segments, part);
  }

  /** The next part of a source that is read once, when all before it were read. */
  async #next(part: PartSpan): Promise<Assembly> {
    const turn = this.#turn.then(() => this.#collect(this.#segmentsFor(part), part));
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  async *#segmentsFor(part: PartSpan): AsyncGenerator<Segment> {
    const pass = this.#pass as AsyncGenerator<Segment>;
    // The last part reads to the end, to see that there is one.
    for (let end = part.offset; end < part.offset + part.contentLength || part.isLast;) {
      const segment = await pass.next();
      if (segment.done === true) {
        return;
      }
      end = segment.value.offset + segment.value.bytes.length;
      yield segment.value;
    }
  }

  /** Encrypts a part's segments. */
  async #collect(segments: AsyncGenerator<Segment>, part: PartSpan): Promise<Assembly> {
    const body = new Assembly();
    let length = 0;
    const work = this.#work((taken) => {
      length += taken;
      if (length > part.contentLength) {
        throw this.#lengthMismatch(part.offset + length);
      }
    });
    for await (const chunk of ordered(segments, work)) {
      body.append(chunk);
    }
    if (length < part.contentLength) {
      throw this.#lengthMismatch(part.offset + length);
    }
    return body;
  }

  #work(note: (length: number) => void): SegmentWork {
    const encryption = this.#encryption;
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

  #noteEncrypted(length: number): void {
    this.#unencrypted -= length;
    if (this.#unencrypted === 0) {
      this.#announceAllEncrypted();
    }
  }

  #lengthMismatch(actual: number): EnvelopeError {
    return new EnvelopeError(
      "CONTENT_LENGTH_MISMATCH",
      `the content is ${String(actual)} bytes long where ${String(this.#length)} were declared`,
    );
  }
}

/** The body of a part that is being put together. */
class Assembly {
  readonly #pieces: (Blob | Uint8Array<ArrayBuffer>)[] = [];
  #gathered = 0;

  /** Adds bytes that nobody else changes. */
  append(bytes: Uint8Array<ArrayBuffer>): void {
    this.#pieces.push(bytes);
    this.#gathered += bytes.length;
    if (this.#gathered >= GATHERED_LENGTH) {
      this.#pieces.splice(0, Infinity, this.finished());
      this.#gathered = 0;
    }
  }

  finished(): Blob {
    return new Blob(this.#pieces);
  }
}
