/** The service worker of downloads, as a page sees it: it is found, and handed downloads. */

import { ANSWER_LIMIT_MS, deliver, inTime, MARK, unavailable } from "./delivery.js";
import type { DownloadQuestion } from "./download-protocol.js";
import { attachment } from "./file-name.js";

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
    const worker = await inTime(activeOf(registration), ANSWER_LIMIT_MS, "the service worker did not become active");
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => {
      port1.onmessage = resolve;
    });
    worker.postMessage({ mark: MARK, kind: "hello" } satisfies DownloadQuestion, [port2]);
    await inTime(answer, ANSWER_LIMIT_MS, `the service worker knows of no downloads: ${advice}`);
    port1.close();
    return new DownloadWorker(worker);
  }

  /**
   * Has the browser download a stream's bytes, which are read as the browser has room for them. The download fails where
   * the stream does, where the signal stops it, and where this page is closed.
   *
   * @param content - The bytes.
   * @param file - Its name, its length in bytes where that is known for sure, and whether nobody else holds its chunks.
   * @param signal - Stops it.
   * @returns How many bytes there were, once the browser has them all.
   * @throws {@link EnvelopeError} `DOWNLOAD_CANCELLED`, `DOWNLOAD_UNAVAILABLE`; the stream's error; the signal's reason.
   */
  async download(
    content: ReadableStream<Uint8Array<ArrayBuffer>>,
    file: { readonly name: string; readonly size: number | undefined; readonly isOurs: boolean },
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const length = file.size === undefined ? undefined : { "Content-Length": String(file.size) };
    const headers = { "Content-Disposition": attachment(file.name), ...length };
    const reader = content.getReader();
    try {
      return await deliver(this.#worker, { reader, isOurs: file.isOurs }, headers, signal);
    } catch (error) {
      // What it is read from may have nothing to say for long.
      reader.cancel(error).catch(() => undefined);
      throw error;
    }
  }
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
