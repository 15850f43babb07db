/**
 * What is done when the simulated storage's WebAssembly dies of a panic: everybody who waits is told, and the next call
 * finds a fresh instance.
 */

import { anyTime, type Turn } from "./storage-lock.js";

/** The instance died while it was at work; the message says what is left. */
export class StorageDied extends Error {
  /** The class's name. */
  override readonly name = "StorageDied";
}

/** The life of a WebAssembly instance, which any number of storages share. */
export class Lives {
  #now = new AbortController();
  readonly #replace: () => void;

  /**
   * @param replace - Starts a fresh instance.
   */
  constructor(replace: () => void) {
    this.#replace = replace;
  }

  /** Aborts when the present instance dies. */
  get signal(): AbortSignal {
    return this.#now.signal;
  }

  /** The present instance died. */
  end(): void {
    const dead = this.#now;
    this.#now = new AbortController();
    try {
      this.#replace();
    } catch (cause) {
      // No instance will do any more (browsers start large modules in workers only): better to say so than to hang.
      this.#now.abort(cause);
    }
    dead.abort();
  }
}

interface Opened<Instance> {
  readonly life: AbortSignal;
  readonly instance: Promise<Instance>;
}

/** A storage that is opened anew when its WebAssembly died. */
export class Revived<Instance> {
  #opened: Opened<Instance> | undefined;
  readonly #lives: Lives;
  readonly #open: () => Promise<Instance>;
  readonly #openInTurn: Turn;
  readonly #whatIsLeft: string;

  /**
   * @param lives - Those of the WebAssembly behind it.
   * @param open - Opens the storage.
   * @param openInTurn - The turn in which it is opened.
   * @param whatIsLeft - What a death leaves of its content, in a sentence.
   */
  constructor(lives: Lives, open: () => Promise<Instance>, openInTurn: Turn, whatIsLeft: string) {
    this.#lives = lives;
    this.#open = open;
    this.#openInTurn = openInTurn;
    this.#whatIsLeft = whatIsLeft;
  }

  /**
   * Works with the storage, which is opened if need be.
   *
   * @param work - What to do; it is given the life of the instance too, for whatever goes on when it is done.
   * @param turn - The turn in which it is done, which ends with the instance. The storage is opened before it begins:
   * opening has a turn of its own, and would wait for ever within another.
   * @throws {@link StorageDied} where the instance dies meanwhile.
   */
  async call<Result>(
    work: (instance: Instance, life: AbortSignal) => Promise<Result>,
    turn: Turn = anyTime,
  ): Promise<Result> {
    const { life, instance } = this.#opening();
    const opened = await instance;
    return await turn(() => this.#within(life, () => work(opened, life)));
  }

  #opening(): Opened<Instance> {
    if (this.#opened !== undefined && !this.#opened.life.aborted) {
      return this.#opened;
    }
    const life = this.#lives.signal;
    const opened = { life, instance: this.#openInTurn(() => this.#within(life, this.#open)) };
    this.#opened = opened;
    opened.instance.catch(() => {
      if (this.#opened === opened) {
        this.#opened = undefined;
      }
    });
    return opened;
  }

  /** A promise of a dead instance is never settled, so its death is waited for beside it. */
  async #within<Result>(life: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    if (life.aborted) {
      throw this.#died(life.reason);
    }
    let die: () => void = () => undefined;
    const death = new Promise<never>((_, reject) => {
      die = () => {
        reject(this.#died());
      };
    });
    // Nobody waits for it any more where the work itself has failed.
    death.catch(() => undefined);
    life.addEventListener("abort", die);
    try {
      return await Promise.race([work(), death]);
    } catch (error) {
      throw error instanceof WebAssembly.RuntimeError ? this.#trapped(life, error) : error;
    } finally {
      life.removeEventListener("abort", die);
    }
  }

  /** A trap without a panic, for want of memory or stack, is told by nobody but itself. */
  #trapped(life: AbortSignal, cause: Error): StorageDied {
    if (!life.aborted) {
      this.#lives.end();
    }
    return this.#died(cause);
  }

  #died(cause?: unknown): StorageDied {
    return new StorageDied(`The simulated storage failed; the console says why. ${this.#whatIsLeft}`, { cause });
  }
}

/**
 * An answer whose body breaks off when the instance that it comes from dies, where it would never end.
 *
 * @param answer - The answer.
 * @param life - The instance's.
 */
export function ending(answer: Response, life: AbortSignal): Response {
  const body = answer.body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal: life });
  return body === undefined ? answer : new Response(body, answer);
}

/**
 * S3's answer to a request that the storage died of.
 *
 * @param error - What is to be told.
 */
export function internalError({ message }: StorageDied): Response {
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code><Message>${message}</Message></Error>`;
  return new Response(document, { status: 500, headers: { "content-type": "application/xml" } });
}
