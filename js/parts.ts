/** The content of an upload, part by part: read, encrypted if there is a session, ready to be sent. */

import { EnvelopeError } from "./errors.js";
import { type Segment, segmentsOf, TAG_LENGTH } from "./segments.js";
import type { OpenSource } from "./source.js";
import type { EncryptSession } from "./wasm/engine.js";

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
  /** Gone once it is finished: the engine has consumed it. */
  #session: EncryptSession | undefined;
  /** The one pass over a source that is read only once. */
  readonly #pass: AsyncGenerator<Segment> | undefined;
  /** Lets one part at a time read such a source. */
  #turn: Promise<unknown> = Promise.resolve();
  #unencrypted: number;
  readonly #allEncrypted: Promise<void>;
  #announceAllEncrypted: () => void = () => undefined;

  /**
   * @param source - The content.
   * @param length - Its length in bytes.
   * @param segmentLength - The length of an encryption segment; parts start at multiples of it.
   * @param session - Encrypts, if the content is to be encrypted here.
   */
  constructor(source: OpenSource, length: number, segmentLength: number, session: EncryptSession | undefined) {
    this.#source = source;
    this.#length = length;
    this.#segmentLength = segmentLength;
    this.#session = session;
    this.#pass = source.read === undefined ? segmentsOf(source.chunks(), segmentLength) : undefined;
    this.#unencrypted = length;
    this.#allEncrypted = new Promise((resolve) => {
      this.#announceAllEncrypted = resolve;
    });
  }

  /**
   * The body of a part as it is sent; of the last one, with the tag behind it.
   *
   * @param part - The part.
   * @throws {@link EnvelopeError} `CONTENT_LENGTH_MISMATCH` where the source has fewer or more bytes than it should.
   */
  async bodyOf(part: PartSpan): Promise<Uint8Array<ArrayBuffer>> {
    const hasTag = part.isLast && this.#session !== undefined;
    const body = new Uint8Array(part.contentLength + (hasTag ? TAG_LENGTH : 0));
    await this.#fill(body.subarray(0, part.contentLength), part);
    this.#encrypt(body.subarray(0, part.contentLength), part.offset);
    if (hasTag) {
      // Parts are sent in any order, but the tag is made of all of them.
      await this.#allEncrypted;
      const session = this.#session;
      this.#session = undefined;
      body.set(session?.finish() ?? [], part.contentLength);
    }
    return body;
  }

  /** Wipes the session if it was not finished, and lets go of a source that is read only once. */
  async close(): Promise<void> {
    this.#session?.free();
    this.#session = undefined;
    await this.#pass?.return(undefined);
  }

  async #fill(target: Uint8Array, part: PartSpan): Promise<void> {
    const { read } = this.#source;
    if (read === undefined) {
      const turn = this.#turn.then(() => this.#fillInOrder(target, part));
      this.#turn = turn.catch(() => undefined);
      await turn;
      return;
    }
    const bytes = await read(part.offset, part.offset + part.contentLength);
    if (bytes.length !== part.contentLength) {
      throw this.#lengthMismatch(part.offset + bytes.length);
    }
    target.set(bytes);
  }

  async #fillInOrder(target: Uint8Array, part: PartSpan): Promise<void> {
    for (let filled = 0; filled < target.length || part.isLast;) {
      const segment = await this.#pass?.next();
      if (segment === undefined || segment.done === true) {
        if (filled < target.length) {
          throw this.#lengthMismatch(part.offset + filled);
        }
        return;
      }
      const { bytes } = segment.value;
      if (filled + bytes.length > target.length) {
        throw this.#lengthMismatch(part.offset + filled + bytes.length);
      }
      target.set(bytes, filled);
      filled += bytes.length;
    }
  }

  #encrypt(content: Uint8Array, offset: number): void {
    for (let start = 0; start < content.length; start += this.#segmentLength) {
      this.#session?.encryptSegment(offset + start, content.subarray(start, start + this.#segmentLength));
    }
    this.#unencrypted -= content.length;
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
