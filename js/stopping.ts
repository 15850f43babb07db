/** Ways to stop what waits: the caller's signal, and the end of whoever reads what an operation gives. */

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
  let refuse: (reason: unknown) => void = () => undefined;
  const onAbort = () => {
    refuse(signal?.reason);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await new Promise<IteratorResult<Value, unknown>>((resolve, reject) => {
        refuse = reject;
        iterator.next().then(resolve, reject);
      });
      if (next.done === true) {
        return;
      }
      yield next.value;
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    const ending = Promise.resolve(iterator.return?.());
    // A generator that was asked for a value ends only after it gave one.
    await (signal?.aborted === true ? void ending.catch(() => undefined) : ending);
  }
}
