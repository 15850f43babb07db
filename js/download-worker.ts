/**
 * The service worker of downloads: a page hands it the bytes of a file, and it answers the browser's request for that file
 * with them, as a server would. It is one script without imports, so that it can be a service worker by itself, or be
 * brought into an app's own by `importScripts` or `import`. It answers the URLs of its downloads and leaves all else alone.
 *
 * (StreamSaver and native-file-system-adapter do the same; their downloads end as if complete when a page is closed.)
 */
{
  type Question = import("./download-protocol.js").DownloadQuestion;
  type News = import("./download-protocol.js").DownloadNews;
  type Piece = import("./download-protocol.js").DownloadPiece;
  type Side = import("./download-protocol.js").DownloadSide;

  /** What of the events is used; the types of pages do not have them. */
  interface LastingEvent extends Event {
    waitUntil(work: Promise<unknown>): void;
  }
  interface MessageForWorker extends LastingEvent {
    readonly data: unknown;
    readonly ports: readonly MessagePort[];
  }
  interface RequestForWorker extends LastingEvent {
    readonly request: Request;
    respondWith(answer: Response): void;
  }
  interface ServiceWorkerScope {
    readonly registration: ServiceWorkerRegistration;
    addEventListener(type: "message", listener: (event: MessageForWorker) => void): void;
    addEventListener(type: "fetch", listener: (event: RequestForWorker) => void): void;
  }

  const MARK = "s3-envelope-download/1" satisfies Question["mark"];
  const PATH = "s3-envelope-download/";
  const scope = globalThis as unknown as ServiceWorkerScope;
  const offers = new Map<string, Offer>();

  const urlOf = (id: string) => `${scope.registration.scope}${PATH}${id}`;
  const lockOf = (id: string, side: Side) => `${MARK}/${id}/${side}`;

  /** Whatever a download's headers say: it is never shown, never kept, and no other origin's to read. */
  const SAFE_HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
  };

  /** A download that a page offers. */
  class Offer {
    readonly #id: string;
    readonly #port: MessagePort;
    readonly #headers: Headers;
    #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    #isTaken = false;
    #hasEnded = false;
    #pulled: () => void = () => undefined;
    #rest: () => void = () => undefined;

    constructor(id: string, headers: Readonly<Record<string, string>>, port: MessagePort) {
      this.#id = id;
      this.#headers = new Headers({ ...headers, ...SAFE_HEADERS });
      this.#port = port;
      port.onmessage = ({ data }: MessageEvent<Piece>) => {
        this.#give(data.bytes);
      };
    }

    /** Stands by the offer until the page lets go of it: when all is over, or when the page is gone. */
    async stand(): Promise<void> {
      offers.set(this.#id, this);
      await navigator.locks.request(lockOf(this.#id, "worker"), async () => {
        this.#tell({ kind: "ready", url: urlOf(this.#id) });
        await navigator.locks.request(lockOf(this.#id, "page"), () => {
          this.#leave();
        });
      });
    }

    /** The answer to the browser's request, once. */
    take(): Response | undefined {
      if (this.#isTaken) {
        return undefined;
      }
      this.#isTaken = true;
      this.#tell({ kind: "taken" });
      const content = new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            this.#controller = controller;
          },
          pull: () =>
            new Promise((resolve) => {
              this.#pulled = resolve;
              this.#tell({ kind: "pull" });
            }),
          cancel: () => {
            this.#hasEnded = true;
            this.#tell({ kind: "cancel" });
          },
        },
        // Nothing is asked for that the browser has no room for: what it has asked for last, it has all.
        { highWaterMark: 0 },
      );
      return new Response(content, { headers: this.#headers });
    }

    /** Lasts until it is called again, or the download is over: a worker without anything to do is ended. */
    keepAlive(): Promise<void> {
      this.#rest();
      return new Promise((resolve) => {
        this.#rest = resolve;
      });
    }

    #give(bytes: Piece["bytes"]): void {
      if (this.#hasEnded) {
        return;
      }
      if (bytes === undefined) {
        this.#hasEnded = true;
        this.#controller?.close();
        this.#tell({ kind: "done" });
      } else {
        this.#controller?.enqueue(bytes);
      }
      this.#pulled();
    }

    #leave(): void {
      if (!this.#hasEnded) {
        this.#hasEnded = true;
        // The browser takes what it has for a broken download, and never for the file.
        this.#controller?.error(new TypeError("the page ended the download, or is gone"));
        this.#pulled();
      }
      offers.delete(this.#id);
      this.#port.close();
      this.#rest();
    }

    #tell(news: News): void {
      this.#port.postMessage(news);
    }
  }

  scope.addEventListener("message", (event) => {
    const question = event.data as Partial<Question> | null;
    if (typeof question !== "object" || question?.mark !== MARK) {
      return;
    }
    event.stopImmediatePropagation();
    const [port] = event.ports;
    if (question.kind === "hello") {
      port?.postMessage({ kind: "ready", url: urlOf("") } satisfies News);
    } else if (question.kind === "keep-alive" && question.id !== undefined) {
      event.waitUntil(offers.get(question.id)?.keepAlive() ?? Promise.resolve());
    } else if (question.kind === "offer" && question.id !== undefined && port !== undefined) {
      const offer = new Offer(question.id, question.headers ?? {}, port);
      event.waitUntil(offer.keepAlive());
      // Without locks it is never ready, and the page goes another way.
      offer.stand().catch(() => undefined);
    }
  });

  scope.addEventListener("fetch", (event) => {
    const { request } = event;
    const base = urlOf("");
    if (!request.url.startsWith(base)) {
      return;
    }
    event.stopImmediatePropagation();
    // A download is a navigation: what a page fetches by itself gets none.
    const offer = request.mode === "navigate" ? offers.get(request.url.slice(base.length)) : undefined;
    event.respondWith(
      offer?.take() ?? new Response("There is no such download.", { status: 404, headers: SAFE_HEADERS }),
    );
  });
}
