/** One download that the browser takes from the service worker of downloads, piece by piece as it has room. */

import type { DownloadMark, DownloadNews, DownloadPiece, DownloadQuestion, DownloadSide } from "./download-protocol.js";
import { EnvelopeError } from "./errors.js";
import { settled } from "./ordered.js";
import { until } from "./stopping.js";

/** Marks what is said. */
export const MARK: DownloadMark = "s3-envelope-download/1";

/** What is handed over. */
export interface Goods {
  readonly reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** Whether nobody else holds the chunks: their memory leaves the page then, and a copy of it otherwise. */
  readonly isOurs: boolean;
}

/** How long a worker may take to answer that it has downloads, in milliseconds: others never do. */
export const ANSWER_LIMIT_MS = 10_000;
/** How long it may take to begin with one, and the browser to ask for it. */
const BEGIN_LIMIT_MS = 30_000;
/** Browsers end a service worker after half a minute without anything to do, or with one thing for five minutes. */
const KEEP_ALIVE_MS = 10_000;
/** How long the frame stays that a download began in, in milliseconds: browsers may need it until they have the headers. */
const FRAME_STAYS_MS = 60_000;

const lockOf = (id: string, side: DownloadSide) => `${MARK}/${id}/${side}`;

/**
 * Hands the browser a stream's bytes.
 *
 * @param worker - The worker that the browser takes them from.
 * @param goods - The bytes.
 * @param headers - The headers of the answer that they come in.
 * @param signal - Stops it.
 * @returns How many bytes there were, once the browser has them all.
 */
export async function deliver(
  worker: ServiceWorker,
  goods: Goods,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const id = crypto.randomUUID();
  // The worker waits for the lock: the download has failed when it is let go of before all is done.
  return await navigator.locks.request(lockOf(id, "page"), async () => {
    const delivery = new Delivery(worker, id, signal);
    try {
      return await delivery.deliver(goods, headers);
    } finally {
      delivery.end();
    }
  });
}

/** One download on its way. */
class Delivery {
  readonly #worker: ServiceWorker;
  readonly #id: string;
  readonly #port: MessagePort;
  readonly #portOfWorker: MessagePort;
  readonly #news = new Map<DownloadNews["kind"], Latch<DownloadNews>>();
  /** Why it is over before its end. */
  readonly #broken = new AbortController();
  readonly #signal: AbortSignal;
  readonly #ended = new AbortController();
  readonly #pulse: ReturnType<typeof setInterval>;

  constructor(worker: ServiceWorker, id: string, signal: AbortSignal | undefined) {
    this.#worker = worker;
    this.#id = id;
    this.#signal = signal === undefined ? this.#broken.signal : AbortSignal.any([signal, this.#broken.signal]);
    ({ port1: this.#port, port2: this.#portOfWorker } = new MessageChannel());
    this.#port.onmessage = ({ data }: MessageEvent<DownloadNews>) => {
      this.#hear(data);
    };
    this.#pulse = setInterval(() => {
      worker.postMessage({ mark: MARK, kind: "keep-alive", id } satisfies DownloadQuestion);
    }, KEEP_ALIVE_MS);
  }

  async deliver(goods: Goods, headers: Readonly<Record<string, string>>): Promise<number> {
    const offer: DownloadQuestion = { mark: MARK, kind: "offer", id: this.#id, headers };
    this.#worker.postMessage(offer, [this.#portOfWorker]);
    const ready = await inTime(this.#next("ready"), BEGIN_LIMIT_MS, "the service worker took no download");
    this.#watchWorker();
    navigateTo("url" in ready ? ready.url : "");
    const advice = "allow frame-src 'self' in the page's Content-Security-Policy, and downloads in the browser";
    await inTime(this.#next("taken"), BEGIN_LIMIT_MS, `the browser did not ask the service worker: ${advice}`);
    return await this.#give(goods);
  }

  /** Lets go of everything; the worker does so when the page's lock is free. */
  end(): void {
    clearInterval(this.#pulse);
    this.#ended.abort();
    // What was said last still arrives.
    this.#port.close();
  }

  /** Reads one piece ahead of what the browser has room for. */
  async #give({ reader, isOurs }: Goods): Promise<number> {
    for (let given = 0; ;) {
      const reading = settled(reader.read());
      await this.#next("pull");
      const { value } = await until(reading, this.#signal);
      // A piece of a larger buffer is copied: all of a buffer is handed over, or nothing.
      const length = value?.length ?? 0;
      const bytes = isOurs && length === value?.buffer.byteLength ? value : value?.slice();
      this.#port.postMessage({ bytes } satisfies DownloadPiece, bytes === undefined ? [] : [bytes.buffer]);
      if (value === undefined) {
        await this.#next("done");
        return given;
      }
      given += length;
    }
  }

  /** The worker's lock is free when the worker is gone: it holds it for longer than this page holds its own. */
  #watchWorker(): void {
    navigator.locks
      .request(lockOf(this.#id, "worker"), { signal: this.#ended.signal }, () => {
        this.#broken.abort(unavailable("the browser ended the service worker, and the download with it: try again"));
      })
      .catch(() => undefined);
  }

  #hear(news: DownloadNews): void {
    if (news.kind === "cancel") {
      const message = "the browser took the download no further: it was cancelled there, or had no room";
      this.#broken.abort(new EnvelopeError("DOWNLOAD_CANCELLED", message));
    } else {
      this.#latch(news.kind).open(news);
    }
  }

  /** The next news of a kind. */
  async #next(kind: DownloadNews["kind"]): Promise<DownloadNews> {
    this.#signal.throwIfAborted();
    const news = await until(this.#latch(kind).opened, this.#signal);
    this.#news.delete(kind);
    return news;
  }

  #latch(kind: DownloadNews["kind"]): Latch<DownloadNews> {
    const latch = this.#news.get(kind) ?? new Latch<DownloadNews>();
    this.#news.set(kind, latch);
    return latch;
  }
}

/** Something that is waited for, whichever comes first: it, or who waits. */
class Latch<Value> {
  readonly opened: Promise<Value>;
  open: (value: Value) => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}

/** Navigates a frame that nobody sees: a link would leave the page where there is no download. */
function navigateTo(url: string): void {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = url;
  document.body.append(frame);
  setTimeout(() => {
    frame.remove();
  }, FRAME_STAYS_MS);
}

/**
 * The error where this way cannot be gone.
 *
 * @param reason - Why.
 */
export const unavailable = (reason: string) => new EnvelopeError("DOWNLOAD_UNAVAILABLE", reason);

/**
 * What has to come soon.
 *
 * @param promise - What is waited for.
 * @param limitMs - How long, in milliseconds.
 * @param complaint - What is wrong when it does not come.
 * @throws {@link EnvelopeError} `DOWNLOAD_UNAVAILABLE`.
 */
export async function inTime<Value>(promise: Promise<Value>, limitMs: number, complaint: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(unavailable(complaint));
    }, limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
