/** Has passphrases' keys derived: by workers, or on the calling thread where there are none. */

import { EnvelopeError } from "./errors.js";
import { onDemand, sourceOf } from "./on-demand.js";
import { derivationFailure, derivedBy, type Derivation } from "./passphrase-key.js";
import type { DerivationAnswer } from "./passphrase-worker.js";
import { until } from "./stopping.js";

/** How long a worker may take to start before it is taken for forbidden, in milliseconds. */
const START_LIMIT_MS = 10_000;

type Key = Uint8Array<ArrayBuffer>;

const passphraseModule = onDemand("passphrase_bg.wasm", async () => {
  const glue = await import("./wasm/passphrase.js");
  // Written literally, so that bundlers see it and bring the file along.
  await glue.default({ module_or_path: await sourceOf(new URL("./wasm/passphrase_bg.wasm", import.meta.url)) });
  return glue;
});

let turn: Promise<unknown> = Promise.resolve();

/**
 * The key of a passphrase, to be overwritten after use.
 *
 * All keyrings' derivations take place one after the other: each fills 64 MiB, or up to 1 GiB where an object's metadata asks
 * for it, and who lists a folder reads many salts at a time. Each has a worker of its own, whose start is nothing beside its
 * work, so that no memory outlives it.
 *
 * @param derivation - What it is derived from. The passphrase is read when the turn comes.
 * @param disposal - Ends it: its worker is terminated, and the signal's reason thrown.
 * @throws {@link EnvelopeError} `PASSPHRASE_PARAMETERS_INVALID`, and `ENGINE_UNAVAILABLE` where `passphrase_bg.wasm` cannot be
 * loaded or has too little memory.
 */
export function derivedKey(derivation: Derivation, disposal: AbortSignal): Promise<Key> {
  disposal.throwIfAborted();
  const before = turn;
  const key = until(before, disposal).then(() => derivedNow(derivation, disposal));
  // Who gives up while waiting lets nobody go first. The results are not kept.
  turn = Promise.allSettled([before, key]).then(() => undefined);
  return key;
}

async function derivedNow(derivation: Derivation, disposal: AbortSignal): Promise<Key> {
  disposal.throwIfAborted();
  const key = await derivedByWorker(derivation, disposal);
  if (key !== undefined) {
    return key;
  }
  const file = await passphraseModule();
  // The passphrase may have been wiped meanwhile, and zeros have a key too.
  disposal.throwIfAborted();
  return derivedBy(file, derivation);
}

/** The key, or nothing where no worker can derive it. */
async function derivedByWorker(derivation: Derivation, disposal: AbortSignal): Promise<Key | undefined> {
  const worker = startWorker();
  if (worker === undefined) {
    return undefined;
  }
  let late: ReturnType<typeof setTimeout> | undefined;
  try {
    const ready = new Promise<boolean>((resolve) => {
      late = setTimeout(resolve, START_LIMIT_MS, false);
      hear(worker, (answer) => {
        resolve(answer?.kind === "ready");
      });
    });
    const isReady = await until(ready, disposal);
    return isReady ? await askedOf(worker, derivation, disposal) : undefined;
  } finally {
    clearTimeout(late);
    worker.terminate();
  }
}

function startWorker(): Worker | undefined {
  if (typeof Worker === "undefined") {
    return undefined;
  }
  try {
    // Written literally, so that bundlers see it and make the worker a file of its own.
    return new Worker(new URL("./passphrase-worker.js", import.meta.url), {
      type: "module",
      name: "s3-envelope-passphrase",
    });
  } catch {
    return undefined;
  }
}

/** The key, by a worker that is ready. */
async function askedOf(worker: Worker, derivation: Derivation, disposal: AbortSignal): Promise<Key> {
  // The passphrase may have been wiped meanwhile, and zeros have a key too.
  disposal.throwIfAborted();
  const answering = new Promise<DerivationAnswer | undefined>((resolve) => {
    hear(worker, resolve);
    const passphrase = derivation.passphrase.slice();
    // Moved, so that this thread has no copy to wipe: the worker wipes it.
    worker.postMessage({ ...derivation, passphrase } satisfies Derivation, [passphrase.buffer]);
  });
  const answer = await until(answering, disposal);
  switch (answer?.kind) {
    case "done":
      return answer.key;
    case "failed":
      throw new EnvelopeError(answer.code, answer.message);
    default:
      // Not once more on the calling thread, which would stand still for as long, to run out of memory too.
      throw derivationFailure();
  }
}

/** Has the worker's next answer heard; nothing is heard where it failed. */
function hear(worker: Worker, listener: (answer: DerivationAnswer | undefined) => void): void {
  worker.onmessage = (event: MessageEvent<DerivationAnswer>) => {
    listener(event.data);
  };
  worker.onerror = (event) => {
    // A worker that may not be loaded is not the page's problem: the work is done without it.
    event.preventDefault();
    listener(undefined);
  };
}
