/** The content of an object in GCM mode: authenticated before it is released, or, on request, while it is. */

import { BROWSER_ENGINE, SEGMENT_LENGTH } from "./browser-engine.js";
import { CollectorPauses } from "./collector-pauses.js";
import { Authentication, type ChosenEngine, type Decryption, DelayedDecryption } from "./decryption.js";
import { orderedStream, type SegmentWork, settled } from "./ordered.js";
import { segmentsOf, TAG_LENGTH } from "./segments.js";
import type { OpenSource } from "./source.js";
import { Spool } from "./spool.js";
import { type Stopping, until } from "./stopping.js";
import { Turns } from "./turns.js";
import type { DecryptSession } from "./wasm/reader.js";

/** An object's segments: its tag is no part of any. */
const sealedSegments = (source: OpenSource) =>
  segmentsOf(source.chunks(), { length: SEGMENT_LENGTH, heldBack: TAG_LENGTH, chunksStay: source.chunksStay });

/**
 * Whether others can see a caller's memory while a call is under way, such as threads of Node's that write a `Buffer` to a file.
 * In browsers nobody can, and to copy it costs 4 to 10 % of a decryption in Chromium.
 */
const OTHERS_SEE_MEMORY = BROWSER_ENGINE === "other";

/** What was in an object. */
export interface DecryptedContent {
  readonly content: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The content's length in bytes, where it is known; as authentic as the content is. */
  readonly size: number | undefined;
}

/** The keys and the engine of one decryption. */
export interface Start extends ChosenEngine {
  readonly session: DecryptSession;
  /** What ends the decryption early. */
  readonly stopping: Stopping;
  /** As in the options of `decryptObject`. */
  readonly spoolMemoryLimit: number | undefined;
}

/**
 * Authenticates the whole source, then gives the stream that decrypts it.
 *
 * @param source - The object.
 * @param start - The keys and the engine.
 */
export async function verified(source: OpenSource, start: Start): Promise<DecryptedContent> {
  const authentication = await Authentication.start(start.session, start);
  // What can be read again need not be kept: the engine checks that it reads the same bytes.
  let spool: Spool | undefined;
  let decryption: Decryption;
  let size: number;
  try {
    spool = source.isReplayable ? undefined : new Spool(start.spoolMemoryLimit);
    const read = await authenticate(source, authentication, { spool, signal: start.stopping.signal });
    decryption = authentication.verify(read.tag);
    size = read.length;
  } catch (error) {
    authentication.free();
    await spool?.remove(start.stopping.signal);
    throw error;
  }
  // The spool has no tag: nothing is held back from its end.
  const segments =
    spool === undefined ? sealedSegments(source) : segmentsOf(spool.chunks(), { length: SEGMENT_LENGTH });
  const isLent = spool === undefined && source.chunksStay && OTHERS_SEE_MEMORY;
  return { content: orderedStream(segments, decryptionWork(decryption, { spool, isLent }, start.stopping)), size };
}

/**
 * Authenticates the whole source, of which nothing is kept and nothing comes.
 *
 * @param source - The object.
 * @param start - The keys and the engine.
 * @throws {@link EnvelopeError} `AUTHENTICATION_FAILED` and its like.
 */
export async function authenticateAll(source: OpenSource, start: Omit<Start, "spoolMemoryLimit">): Promise<void> {
  const authentication = await Authentication.start(start.session, start);
  try {
    const { tag } = await authenticate(source, authentication, { spool: undefined, signal: start.stopping.signal });
    authentication.verify(tag).free();
  } catch (error) {
    authentication.free();
    throw error;
  }
}

/** Reads all of an object, and gives its tag and the length of the rest. */
async function authenticate(
  source: OpenSource,
  authentication: Authentication,
  { spool, signal }: { readonly spool: Spool | undefined; readonly signal: AbortSignal },
): Promise<{ readonly tag: Uint8Array; readonly length: number }> {
  const turns = new Turns(signal);
  const pauses = new CollectorPauses(source);
  const underWay: Promise<void>[] = [];
  let tag: Uint8Array = new Uint8Array(0);
  let length = 0;
  try {
    for await (const { offset, bytes, tail } of sealedSegments(source)) {
      if (bytes.length > 0) {
        underWay.push(settled(authentication.note(offset, bytes)));
        // A disk may keep it waiting for long.
        await until(spool?.append(bytes), signal);
      }
      length = offset + bytes.length;
      tag = tail ?? tag;
      if (underWay.length >= authentication.depth) {
        await underWay.shift();
      }
      if (pauses.isDueAfter(bytes.length, 0)) {
        await pauses.pause();
      }
      if (turns.areDue()) {
        await turns.pass();
      }
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
  return { tag, length };
}

function decryptionWork(
  decryption: Decryption,
  { spool, isLent }: { readonly spool: Spool | undefined; readonly isLent: boolean },
  stopping: Stopping,
): SegmentWork {
  let length = 0;
  return {
    stopping,
    // The spool's pieces are its own, and it gives them back.
    source: { isReplayable: spool === undefined, leavesGarbage: false },
    depth: () => decryption.depth,
    process({ offset, bytes }) {
      length = offset + bytes.length;
      return decryption.process(offset, bytes, isLent);
    },
    end() {
      decryption.checkComplete(length);
      return undefined;
    },
    async release() {
      decryption.free();
      await spool?.remove();
    },
  };
}

/**
 * Gives the stream that decrypts the source while it reads it, and errors at its end.
 *
 * @param source - The object.
 * @param start - The keys and the engine.
 * @param storedLength - How long the object is said to be, in bytes.
 */
export async function unverified(
  source: OpenSource,
  start: Start,
  storedLength: number | undefined,
): Promise<DecryptedContent> {
  const decryption = await DelayedDecryption.start(start.session, start);
  const segments = sealedSegments(source);
  const content = orderedStream(segments, {
    stopping: start.stopping,
    source,
    depth: () => decryption.depth,
    process: ({ offset, bytes }) => decryption.process(offset, bytes),
    end(tag) {
      decryption.finish(tag);
      return undefined;
    },
    release() {
      decryption.free();
    },
  });
  const length = source.length ?? storedLength;
  return { content, size: length === undefined ? undefined : Math.max(0, length - TAG_LENGTH) };
}
