/** The content of an upload whose length nobody knows yet, part by part, in order. */

import { assemble, type PartBody } from "./part-body.js";
import type { Content, PartSupply, PartToSend } from "./parts.js";
import { type Segment, segmentsOf } from "./segments.js";
import { orFreed } from "./stopping.js";
import type { GrowingPlan } from "./wasm/engine.js";

/** The parts of a stream: each is read and encrypted when it is asked for, and kept until it was sent. */
export class GrowingParts implements PartSupply {
  totalBytes: number | undefined;
  totalParts: number | undefined;
  readonly #content: Content;
  readonly #plan: GrowingPlan;
  readonly #pass: AsyncGenerator<Segment>;
  /** The segment after the last one that was used: only it tells whether the content goes on. */
  #ahead: Segment | undefined;
  #sentLength = 0;
  /** Lets one part at a time be read. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param content - The content.
   * @param plan - How it is cut; freed by this.
   */
  constructor(content: Content, plan: GrowingPlan) {
    this.#content = content;
    this.#plan = plan;
    this.#pass = segmentsOf(content.source.chunks(), { length: content.segmentLength });
  }

  next(): Promise<PartToSend | undefined> {
    const turn = this.#turn.then(() => this.#read());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  close(): void {
    this.#plan.free();
    void this.#pass.return(undefined).catch(() => undefined);
  }

  async #read(): Promise<PartToSend | undefined> {
    if (this.totalParts !== undefined) {
      return undefined;
    }
    const { treatment } = this.#content;
    const { number, contentLength } = this.#plan.nextPart();
    const body = await assemble(this.#segmentsUpTo(contentLength), treatment, contentLength, () => undefined);
    const isLast = this.#ahead === undefined;
    const made: PartBody = await orFreed(body, () => {
      if (isLast && treatment.encryption !== undefined) {
        // All that was read before is encrypted: parts are made one after the other.
        body.append(treatment.encryption.finish());
      }
      return body.finished();
    });
    const { size: length } = made.blob;
    this.#sentLength += length;
    if (isLast) {
      this.totalBytes = this.#sentLength;
      this.totalParts = number;
    }
    return { number, isLast, length, body: () => Promise.resolve(made) };
  }

  /** Segments as long as a part has room, and a look at the one after them. */
  async *#segmentsUpTo(room: number): AsyncGenerator<Segment> {
    this.#ahead ??= await this.#nextSegment();
    for (let length = 0; this.#ahead !== undefined && length < room;) {
      const segment: Segment = this.#ahead;
      length += segment.bytes.length;
      yield segment;
      this.#ahead = await this.#nextSegment();
    }
  }

  /** The next segment; nothing where the content ended with the one before. */
  async #nextSegment(): Promise<Segment | undefined> {
    const next = await this.#pass.next();
    // The last segment is empty where the content ended with the one before it.
    return next.done === true || (next.value.bytes.length === 0 && next.value.offset > 0) ? undefined : next.value;
  }
}
