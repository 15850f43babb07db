/** The page's link to the storage worker: brings it up, waits until it answers for the page, asks its operator. */

import type { Answers, Inspection, Reply } from "./protocol.js";

/** The link cannot be had; the message says to a person why, and what helps. */
export class NoStorage extends Error {}

const RELOADED = "s3-envelope.reloaded";
const START_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * Registers the storage worker and waits until it controls this page.
 *
 * @throws {@link NoStorage} where service workers are not to be had.
 */
export async function openStorageLink(): Promise<void> {
  const container = workers();
  try {
    // Beside this page and below it: the site works from any path.
    await container.register(new URL("storage-worker.js", document.baseURI), { scope: "./", updateViaCache: "none" });
  } catch (cause) {
    throw new NoStorage(
      "The storage worker could not be started. A private window or a browser setting may forbid service workers; " +
        "allow them for this site, then reload.",
      { cause },
    );
  }
  await inTime(container.ready, "The storage worker did not start. Reload the page to try again.", START_TIMEOUT_MS);
  if (container.controller === null) {
    await controlled(container);
  }
  sessionStorage.removeItem(RELOADED);
}

/**
 * Asks the storage's operator. This is not S3: no customer of a real store has such access.
 *
 * @param inspection - The question.
 */
export async function inspect<Kind extends Inspection["kind"]>(
  inspection: Extract<Inspection, { kind: Kind }>,
): Promise<Answers[Kind]> {
  const { controller } = navigator.serviceWorker;
  if (controller === null) {
    throw new NoStorage("The storage worker is gone. Reload the page.");
  }
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise<Reply>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<Reply>) => {
      resolve(data);
    };
  });
  controller.postMessage(inspection, [port2]);
  const reply = await inTime(answer, "The storage worker does not answer. Reload the page.", ANSWER_TIMEOUT_MS);
  port1.close();
  if ("error" in reply) {
    throw new Error(reply.error);
  }
  // The worker answers each kind of question with its own kind of answer.
  return reply.value as Answers[Kind];
}

function workers(): ServiceWorkerContainer {
  if (!("serviceWorker" in navigator)) {
    throw new NoStorage(
      globalThis.isSecureContext
        ? "This browser offers no service workers, in which the storage of this page lives. Private windows of some " +
            "browsers have none: try a normal window."
        : "Browsers offer service workers, in which the storage of this page lives, only over https and on this " +
            "machine itself: open the page at http://127.0.0.1 or serve it over https.",
    );
  }
  return navigator.serviceWorker;
}

/** A hard reload is not controlled by any worker, and cannot be claimed in every browser: one plain reload is. */
async function controlled(container: ServiceWorkerContainer): Promise<void> {
  const claimed = new Promise<void>((resolve) => {
    container.addEventListener("controllerchange", () => {
      resolve();
    });
  });
  (await container.ready).active?.postMessage({ kind: "claim" });
  try {
    await inTime(claimed, "", CLAIM_TIMEOUT_MS);
  } catch {
    if (sessionStorage.getItem(RELOADED) !== null) {
      throw new NoStorage("The storage worker does not take over this page. Close its other tabs and reload.");
    }
    sessionStorage.setItem(RELOADED, "yes");
    location.reload();
    await new Promise(() => undefined);
  }
}

const CLAIM_TIMEOUT_MS = 2_000;

async function inTime<Value>(promise: Promise<Value>, message: string, milliseconds: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new NoStorage(message));
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
