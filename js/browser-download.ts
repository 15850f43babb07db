/** A download that the browser takes from the service worker of downloads, piece by piece as it has room. */

import type { DownloadMark, DownloadNews, DownloadPiece, DownloadQuestion, DownloadSide } from "./download-protocol.js";
import { EnvelopeError } from "./errors.js";
import { attachment } from "./file-name.js";
import { settled } from "./ordered.js";
import { until } from "./request.js";

type Bytes = Uint8Array<ArrayBuffer>;

const MARK: DownloadMark = "s3-envelope-download/1";
/** How long a worker may take to answer, and the browser to ask it, in milliseconds. */
const ANSWER_LIMIT_MS = 10_000;
/** Browsers end a service worker after half a minute without anything to do, or with one thing for five minutes. */
const KEEP_ALIVE_MS = 10_000;
/** How long the frame stays that a download began in, in milliseconds: browsers may need it until they have the headers. */
const FRAME_STAYS_MS = 60_000;

const lockOf = (id: string, side: DownloadSide) => `${MARK}/${id}/${side}`;

const unavailable = (reason: string) => new EnvelopeError("DOWNLOAD_UNAVAILABLE", reason);

/** The service worker of downloads, which answers. */
export class DownloadWorker {
  readonly #worker: ServiceWorker;

  private constructor(worker: ServiceWorker) {
    this.#worker = worker;
  }

  /**
   * The worker of a registration.
   *
   * @param registration - The app's.
   * @throws {@link EnvelopeError} `DOWNLOAD_UNAVAILABLE` where it does not answer, or the browser has no locks.
   */
  static async of(registration: ServiceWorkerRegistration): Promise<DownloadWorker> {
    if ((navigator as Partial<Navigator>).locks === undefined) {
      throw unavailable("this browser has no Web Locks, without which a download could seem complete when it is not");
    }
    const advice = "import s3-envelope/download-worker.js in it before anything else that answers requests";
    const worker = await inTime(activeOf(registration), "the service worker did not become active");
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => {
      port1.onmessage = resolve;
    });
    worker.postMessage({ mark: MARK, kind: "hello" } satisfies DownloadQuestion, [port2]);
    await inTime(answer, `the service worker knows of no downloads: ${advice}`);
    port1.close();
    return new DownloadWorker(worker);
  }

  /**
   * Has the browser download a stream's bytes, which are read as the browser has room for them. The download fails where
   * the stream does, where the signal stops it, and where this page is closed.
   *
   * @param content - The bytes.
   * @param file - Its name, and its length in bytes where that is known for sure.
   * @param signal - Stops it.
   * @returns How many bytes there were, once the browser has them all.
   * @throws {@link EnvelopeError} `DOWNLOAD_CANCELLED`, `DOWNLOAD_UNAVAILABLE`; the stream's error; the signal's reason.
   */
  async download(
    content: ReadableStream<Bytes>,
    file: { readonly name: string; readonly size: number | undefined },
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const id = crypto.randomUUID();
    const length = file.size === undefined ? undefined : { "Content-Length": String(file.size) };
    const headers = { "Content-Disposition": attachment(file.name), ...length };
    const reader = content.getReader();
    try {
      // The worker waits for the lock: the download has failed when it is let go of before all is done.
      return await navigator.locks.request(lockOf(id, "page"), async () => {
        const delivery = new Delivery(this.#worker, id, signal);
        try {
          return await delivery.deliver(reader, headers);
        } finally {
          delivery.end();
        }
      });
    } catch (error) {
      await reader.cancel(error).catch(() => undefined);
      throw error;
    }
  }
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

  async deliver(
    reader: ReadableStreamDefaultReader<Bytes>,
    headers: Readonly<Record<string, string>>,
  ): Promise<number> {
    const offer: DownloadQuestion = { mark: MARK, kind: "offer", id: this.#id, headers };
    this.#worker.postMessage(offer, [this.#portOfWorker]);
    const ready = await inTime(this.#next("ready"), "the service worker took no download");
    this.#watchWorker();
    navigateTo("url" in ready ? ready.url : "");
    const advice = "allow frame-src 'self' in the page's Content-Security-Policy, and downloads in the browser";
    await inTime(this.#next("taken"), `the browser did not ask the service worker for the download: ${advice}`);
    return await this.#give(reader);
  }

  /** Lets go of everything; the worker does so when the page's lock is free. */
  end(): void {
    clearInterval(this.#pulse);
    this.#ended.abort();
    // What was said last still arrives.
    this.#port.close();
  }

  /** Reads one piece ahead of what the browser has room for. */
  async #give(reader: ReadableStreamDefaultReader<Bytes>): Promise<number> {
    for (let given = 0; ;) {
      const reading = settled(reader.read());
      await this.#next("pull");
      const { value } = await until(reading, this.#signal);
      // A piece of a larger buffer is copied: all of a buffer is handed over, or nothing.
      const length = value?.length ?? 0;
      const bytes = length === value?.buffer.byteLength ? value : value?.slice();
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

async function activeOf(registration: ServiceWorkerRegistration): Promise<ServiceWorker> {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (worker === null) {
    throw unavailable("the service worker is not registered any more");
  }
  if (registration.active === null) {
    await new Promise<void>((resolve) => {
      worker.addEventListener("statechange", () => {
        if (registration.active !== null) {
          resolve();
        }
      });
    });
  }
  return registration.active ?? worker;
}

async function inTime<Value>(promise: Promise<Value>, complaint: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(unavailable(complaint));
    }, ANSWER_LIMIT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
