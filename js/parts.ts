/** The content of an upload whose length is known, part by part: read, encrypted if it is to be, ready to be sent. */

import { EnvelopeError } from "./errors.js";
import { assemble, type Assembly, type PartBody, type Treatment } from "./part-body.js";
import { type Segment, segmentsOf, TAG_LENGTH } from "./segments.js";
import type { OpenSource } from "./source.js";
import { orFreed, until } from "./stopping.js";
import type { PlannedPart, UploadPlan } from "./wasm/engine.js";

/** One part, or a whole object. */
export interface PartToSend {
  /** Its number, from 1. */
  readonly number: number;
  /** Whether the object ends with it. */
  readonly isLast: boolean;
  /** Its length as it is sent, in bytes. */
  readonly length: number;
  /** Makes its body, once an attempt. */
  readonly body: () => Promise<PartBody>;
}

/** Where an upload's parts come from. */
export interface PartSupply {
  /** Bytes to send in all; undefined as long as that is not known. */
  readonly totalBytes: number | undefined;
  /** Parts in all; undefined as long as that is not known. */
  readonly totalParts: number | undefined;
  /** The next part, or nothing where there is no more. */
  next(): Promise<PartToSend | undefined>;
  /** Lets go of the content. */
  close(): void;
}

/** What is to be sent. */
export interface Content {
  /** The content. */
  readonly source: OpenSource;
  /** The length of an encryption segment in bytes; of a source that is read once, parts start at multiples of it. */
  readonly segmentLength: number;
  /** What is done with it. */
  readonly treatment: Treatment;
}

/** The parts of content whose length is known. Sources that are read only once are read in order. */
export class PlannedParts implements PartSupply {
  readonly totalBytes: number;
  readonly totalParts: number;
  readonly #content: Content;
  readonly #length: number;
  readonly #plan: UploadPlan;
  /** The one pass over a source that is read only once. */
  readonly #pass: AsyncGenerator<Segment> | undefined;
  /**
   * Lets one part at a time be made: a source that is read once has no other way, and elsewhere the first part is on its way
   * while the next one is made, instead of four that become ready at once. The cipher is busy with one.
   */
  #turn: Promise<unknown> = Promise.resolve();
  /** How many bytes of the content were not encrypted yet. */
  #unencrypted: number;
  readonly #allEncrypted: Promise<void>;
  #announceAllEncrypted: () => void = () => undefined;
  #number = 0;

  /**
   * @param content - The content.
   * @param length - Its length in bytes.
   * @param plan - How it is cut; freed by this.
   */
  constructor(content: Content, length: number, plan: UploadPlan) {
    const { source, segmentLength, treatment } = content;
    this.#content = content;
    this.#length = length;
    this.#plan = plan;
    this.#pass = source.isReplayable ? undefined : segmentsOf(source.chunks(), { length: segmentLength });
    this.#unencrypted = length;
    this.#allEncrypted = new Promise((resolve) => {
      this.#announceAllEncrypted = resolve;
    });
    this.totalBytes = length + (treatment.encryption === undefined ? 0 : TAG_LENGTH);
    this.totalParts = plan.partCount;
  }

  next(): Promise<PartToSend | undefined> {
    this.#number += 1;
    const part = this.#plan.part(this.#number);
    return Promise.resolve(part && this.#toSend(part));
  }

  /** Lets go of a source that is read only once. It may be a while in coming: nobody waits for it. */
  close(): void {
    this.#plan.free();
    void this.#pass?.return(undefined).catch(() => undefined);
  }

  /**
   * A part as it is sent; the last one with the tag behind it. A source that can be read again is read and encrypted again
   * for each attempt; of any other, the body is kept until the part was sent.
   */
  #toSend(part: PlannedPart): PartToSend {
    const { number, isLast, contentLength } = part;
    let attempts = 0;
    let kept: Promise<PartBody> | undefined;
    const body = () => {
      attempts += 1;
      if (this.#content.source.isReplayable) {
        return this.#make(part, attempts === 1);
      }
      kept ??= this.#make(part, true);
      return kept;
    };
    const trailer = isLast ? this.totalBytes - this.#length : 0;
    return { number, isLast, length: contentLength + trailer, body };
  }

  async #make(part: PlannedPart, isFirst: boolean): Promise<PartBody> {
    const { source, treatment } = this.#content;
    const { encryption, checksums, stopping } = treatment;
    if (encryption === undefined && checksums === undefined && source.slice !== undefined) {
      return { blob: source.slice(part.offset, part.offset + part.contentLength), checksum: undefined };
    }
    const body = await this.#inTurn(part);
    if (isFirst) {
      this.#noteEncrypted(part.contentLength);
    }
    return await orFreed(body, async () => {
      if (part.isLast && encryption !== undefined) {
        // Parts are sent in any order, but the tag is made of all of them.
        await until(this.#allEncrypted, stopping.signal);
        body.append(encryption.finish());
      }
      return await body.finished();
    });
  }

  /** A part's body but for the tag, when those that were asked for before are made. */
  async #inTurn(part: PlannedPart): Promise<Assembly> {
    const turn = this.#turn.then(() => this.#collect(this.#segmentsFor(part), part));
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  #segmentsFor(part: PlannedPart): AsyncGenerator<Segment> {
    const { source, segmentLength } = this.#content;
    const { chunksStay } = source;
    const { offset, contentLength } = part;
    return this.#pass === undefined
      ? segmentsOf(source.chunks(offset, offset + contentLength), { length: segmentLength, start: offset, chunksStay })
      : this.#next(this.#pass, part);
  }

  /** The part's segments from a source that is read once, when all before it were read. */
  async *#next(pass: AsyncGenerator<Segment>, part: PlannedPart): AsyncGenerator<Segment> {
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

  /** Encrypts a part's segments, which have to be as long as the part. */
  async #collect(segments: AsyncGenerator<Segment>, part: PlannedPart): Promise<Assembly> {
    let length = 0;
    const body = await assemble(segments, this.#content.treatment, part.contentLength, (taken) => {
      length += taken;
      if (length > part.contentLength) {
        throw this.#lengthMismatch(part.offset + length);
      }
    });
    if (length < part.contentLength) {
      body.free();
      throw this.#lengthMismatch(part.offset + length);
    }
    return body;
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
