/**
 * Turns of the event loop. Promises that follow one another keep everything else waiting: input, frames, messages of workers. In
 * Chromium `SubtleCrypto` works on the calling thread, and bytes in memory need nobody else, so an encryption would hold a page
 * up until its end.
 */

/** How long work goes on before others have their turn, in milliseconds: half the time of a frame. */
const TURN_MS = 8;

/** Work that takes turns with the realm's other tasks. */
export class Turns {
  #begun = performance.now();
  readonly #signal: AbortSignal | undefined;

  /** @param signal - Ends the work, which is looked at when the others had their turn: before, they cannot have said so. */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Whether it is the others' turn. */
  areDue(): boolean {
    return performance.now() - this.#begun >= TURN_MS;
  }

  /** Lets the others go first. Throws the signal's reason where they ended the work. */
  async pass(): Promise<void> {
    const { scheduler } = globalThis as { readonly scheduler?: { postTask?(task: () => void): Promise<void> } };
    // `scheduler.yield` goes on before messages do: of a worker that has started one would not hear.
    await (scheduler?.postTask?.(() => undefined) ?? message());
    this.#signal?.throwIfAborted();
    this.#begun = performance.now();
  }
}

/** Timers would do, but for the 4 ms that they take when one follows another, and the second in pages that nobody sees. */
async function message(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(undefined);
  });
  port1.close();
}
