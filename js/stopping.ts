/**
 * Ways to stop what waits: the caller's signal, and the end of whoever reads what an operation gives; and to let go of keys
 * that nothing comes of.
 */

/** What stops one operation. */
export interface Stopping {
  /** Tells that it is to stop, whoever says so. */
  readonly signal: AbortSignal;
  /** Stops it. */
  readonly stop: AbortController;
}

/**
 * A stop of one operation, which the caller's signal stops as well.
 *
 * @param signal - The caller's, if there is one.
 */
export function stopBy(signal: AbortSignal | undefined): Stopping {
  const stop = new AbortController();
  return { signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]), stop };
}

/**
 * A promise that also ends when the signal does, with its reason.
 *
 * @param promise - What is waited for.
 * @param signal - What ends the wait.
 */
export async function until<T>(promise: PromiseLike<T> | T, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined || !isThenable(promise)) {
    return await promise;
  }
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason, as fetch does
      reject(signal.reason);
    };
    if (signal.aborted) {
      stop();
    }
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Whether it is a promise: also one of another window, or of whoever makes their own. */
function isThenable(value: unknown): boolean {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}

/**
 * What is done with something that holds a key, or memory. Where it fails, that is freed, and a key with that wiped.
 *
 * @param held - What holds it.
 * @param make - What is done.
 */
export async function orFreed<T>(held: { free(): void }, make: () => Promise<T> | T): Promise<T> {
  try {
    return await make();
  } catch (error) {
    held.free();
    throw error;
  }
}

/**
 * The same as {@link until} for what holds a key: where it comes after the wait has ended, it is freed.
 *
 * @param promise - What is waited for.
 * @param signal - What ends the wait.
 */
export async function untilOrFreed<T extends { free(): void }>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return await until(promise, signal).catch((error: unknown) => {
    promise.then(
      (late) => {
        late.free();
      },
      () => undefined,
    );
    throw error;
  });
}

/**
 * The same values until they are stopped, also where one is waited for that may never come: fails with the signal's reason then.
 *
 * @param values - The values.
 * @param signal - What stops them.
 */
export async function* untilStopped<Value>(
  values: AsyncIterable<Value>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Value> {
  const iterator = values[Symbol.asyncIterator]();
  // What has ended, or failed, is not told to end.
  let isEnded = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      isEnded = true;
      const next = await until(iterator.next(), signal);
      if (next.done === true) {
        return;
      }
      isEnded = false;
      yield next.value;
    }
  } finally {
    const ending = async () => {
      await iterator.return?.();
    };
    if (signal?.aborted === true) {
      // A generator that was asked for a value ends only after it gave one, and what fails then is of no interest.
      ending().catch(() => undefined);
    } else if (!isEnded) {
      await ending();
    }
  }
}
