/** An object in ranges, several on their way at a time, handed on in order. */

import { discard } from "./discard.js";
import { settled } from "./ordered.js";
import type { Reader } from "./reader.js";
import { type Channel, send, stoppable, type StorageAnswer, type StorageRequest } from "./request.js";
import { givesAway, piecesOf } from "./source.js";
import type { RangePlan } from "./wasm/reader.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** How ranges are fetched. */
export interface RangeOptions {
  /** The length of a range in bytes. */
  readonly partSize: number | undefined;
  /** How many are on their way at a time. */
  readonly concurrency: number;
  /** Told how many bytes have arrived since it was told last; less than none where some will come again. */
  readonly onBytes: (bytes: number) => void;
  /** Told how long the object is, in bytes, as soon as that is known. */
  readonly onLength: (bytes: number) => void;
}

/** What came of asking for the first range. */
export interface Opened {
  /** The answer, whose headers are those of the object. */
  readonly response: Response;
  /** The object's length in bytes, where it comes in ranges. */
  readonly totalBytes: number | undefined;
  /** The object in ranges; nothing where the answer has to be read as it is. */
  readonly chunks: ((use: ChunkUse) => AsyncGenerator<Bytes>) | undefined;
  /** Lets go of ranges that nobody begins to read. */
  readonly leave?: () => void;
}

/**
 * What is done with chunks: `kept` by whoever takes them, or `lent`, until the next one is asked for. The memory of what is lent
 * is given back, where nobody else can have it.
 */
export type ChunkUse = "kept" | "lent";

/** The status for a range of an object that is empty. */
const RANGE_NOT_SATISFIABLE = 416;
const PARTIAL_CONTENT = 206;

const GET_OBJECT = { operation: "GetObject", method: "GET", query: {} } as const;

/**
 * Asks for an object by its first range. Storages that know no ranges, or whose bucket's CORS rules hide what is needed
 * to put ranges together (`ETag`, `Content-Range`), are asked for the whole instead.
 *
 * @param channel - The transfer that it belongs to.
 * @param options - How ranges are fetched.
 */
export async function openObject(channel: Channel<Reader>, options: RangeOptions): Promise<Opened> {
  const plan = new channel.engine.RangePlan(options.partSize);
  const ranges = new Ranges(channel, plan, options);
  const leave = () => {
    ranges.end();
  };
  const first = await ranges.first().catch((error: unknown) => {
    leave();
    throw error;
  });
  if (first.response.status === PARTIAL_CONTENT && first.totalBytes !== undefined) {
    return { ...first, chunks: (use) => ranges.chunks(use), leave };
  }
  plan.free();
  if (first.response.ok && first.response.status !== PARTIAL_CONTENT) {
    return first;
  }
  const { response } = await send(channel, GET_OBJECT);
  return { response, totalBytes: undefined, chunks: undefined };
}

/** The ranges of one object. */
class Ranges {
  readonly #channel: Channel;
  readonly #plan: RangePlan;
  readonly #options: RangeOptions;
  readonly #stop: AbortController;
  #etag = "";
  #first: Arriving | undefined;

  constructor(channel: Channel, plan: RangePlan, options: RangeOptions) {
    const { channel: own, stopping } = stoppable(channel);
    this.#channel = own;
    this.#stop = stopping.stop;
    this.#plan = plan;
    this.#options = options;
  }

  /** Fetches the first range; its answer tells the rest. */
  async first(): Promise<Opened> {
    const pieces = new Arriving(this.#options.onBytes);
    let totalBytes: number | undefined;
    const { response } = await this.#ask({
      unsigned: { range: this.#plan.header(0) ?? "" },
      accepts: RANGE_NOT_SATISFIABLE,
      reads: async (answer) => {
        pieces.forget();
        if (isComplete(answer)) {
          totalBytes = this.#plan.begin(answer.headers.get("content-range") ?? "");
          this.#options.onLength(totalBytes);
          await pieces.read(answer);
        } else if (!answer.ok || answer.status === PARTIAL_CONTENT) {
          // What cannot be used need not come.
          await answer.body?.cancel();
        }
      },
    });
    this.#first = pieces;
    this.#etag = response.headers.get("etag") ?? "";
    return { response, totalBytes, chunks: undefined };
  }

  /**
   * All ranges, in order.
   *
   * @param use - As for {@link Opened}.
   */
  async *chunks(use: ChunkUse): AsyncGenerator<Bytes> {
    const underWay: Promise<Arriving>[] = [];
    let next = 1;
    const ask = () => {
      for (
        let range = this.#plan.header(next);
        range !== undefined && underWay.length < this.#options.concurrency;
        range = this.#plan.header(next)
      ) {
        underWay.push(settled(this.#fetch(next, range)));
        next += 1;
      }
    };
    try {
      ask();
      yield* this.#first?.taken(use) ?? [];
      while (underWay.length > 0) {
        const arrived = await (underWay[0] as Promise<Arriving>);
        void underWay.shift();
        ask();
        yield* arrived.taken(use);
      }
    } finally {
      this.#stop.abort();
      await Promise.allSettled(underWay);
      this.#plan.free();
    }
  }

  /** Lets go of what nobody will ask for any more. */
  end(): void {
    this.#stop.abort();
    this.#plan.free();
  }

  /** One range, of the very object that the first was of. */
  async #fetch(number: number, range: string): Promise<Arriving> {
    const pieces = new Arriving(this.#options.onBytes);
    await this.#ask({
      unsigned: { range, "if-match": this.#etag },
      reads: async (answer) => {
        pieces.forget();
        // First: of an answer that is no range all of the object would be read.
        this.#plan.check(number, answer.headers.get("content-range") ?? "");
        await pieces.read(answer);
      },
    });
    return pieces;
  }

  #ask(how: Pick<StorageRequest, "unsigned" | "accepts" | "reads">): Promise<StorageAnswer> {
    return send(this.#channel, { ...GET_OBJECT, ...how });
  }
}

/** Whether an answer is a range of the bytes as they are stored, with all that is needed to ask for the others. */
function isComplete(answer: Response): boolean {
  const { status, headers } = answer;
  return status === PARTIAL_CONTENT && headers.has("content-range") && headers.has("etag") && !isCoded(answer);
}

/** Whether a body is in a coding (`gzip`), which fetch has taken off: lengths are of what is stored. */
function isCoded({ headers }: Response): boolean {
  return !["", "identity"].includes(headers.get("content-encoding") ?? "");
}

/**
 * An answer's body, empty where it has none.
 *
 * @param answer - The answer.
 */
export function bodyOf(answer: Response): ReadableStream<Bytes> {
  return answer.body ?? new Blob().stream();
}

/**
 * How many bytes an answer's body is to have, where it says so.
 *
 * @param answer - The answer.
 */
export function lengthOf(answer: Response): number | undefined {
  const length = answer.headers.get("content-length");
  return length === null || isCoded(answer) ? undefined : Number(length);
}

/**
 * Checks that of a range so much came as the answer says that it has: a network failure like any other, of which not
 * everything between here and the storage tells.
 *
 * @param answer - The answer.
 * @param count - How many bytes came.
 */
export function checkArrived({ headers }: Response, count: number): void {
  const range = /^bytes (\d+)-(\d+)\//.exec(headers.get("content-range") ?? "");
  const length = range === null ? count : Number(range[2]) - Number(range[1]) + 1;
  if (length !== count) {
    throw new Error(`of ${String(length)} bytes of a range ${String(count)} came`);
  }
}

/** The bytes of the attempt at hand. */
class Arriving {
  #pieces: Bytes[] = [];
  #isOurs = false;
  readonly #onBytes: (bytes: number) => void;
  #count = 0;

  constructor(onBytes: (bytes: number) => void) {
    this.#onBytes = onBytes;
  }

  async read(answer: Response): Promise<void> {
    const body = bodyOf(answer);
    this.#isOurs = givesAway(body);
    for await (const piece of piecesOf(body)) {
      this.#pieces.push(piece);
      this.#count += piece.length;
      this.#onBytes(piece.length);
    }
    checkArrived(answer, this.#count);
  }

  /** The attempt before has failed: its bytes will come again. */
  forget(): void {
    if (this.#count > 0) {
      this.#onBytes(-this.#count);
    }
    this.#pieces = [];
    this.#count = 0;
  }

  /**
   * The bytes, which are let go of one piece after the other.
   *
   * @param use - What is done with them.
   */
  *taken(use: ChunkUse): Generator<Bytes> {
    this.#pieces.reverse();
    for (let piece = this.#pieces.pop(); piece !== undefined; piece = this.#pieces.pop()) {
      yield piece;
      if (use === "lent" && this.#isOurs) {
        discard(piece);
      }
    }
  }
}
