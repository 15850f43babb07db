/** The parts of an upload, one of which is always made while others are on their way. */

import { settled } from "./ordered.js";
import type { PartBody } from "./part-body.js";
import type { PartSupply, PartToSend } from "./parts.js";

/**
 * Makes one part ahead, so that whoever has sent a part has the next one to send at once: making one takes as long as a
 * tenth of a second, for which a line would be used by one part less.
 */
export class PartsAhead {
  readonly #parts: PartSupply;
  #ahead: Promise<PartToSend | undefined>;

  /**
   * @param parts - The parts.
   * @param first - The first of them, which was asked for before.
   */
  constructor(parts: PartSupply, first: PartToSend) {
    this.#parts = parts;
    this.#ahead = Promise.resolve(begun(first));
  }

  /** The next part, or nothing where there is no more. */
  next(): Promise<PartToSend | undefined> {
    const next = this.#ahead;
    this.#ahead = settled(this.#parts.next().then((part) => part && begun(part)));
    return next;
  }
}

/** A part that is being made. */
export interface BegunPart extends PartToSend {
  /** Settles when its body for the first attempt is there, or cannot be made. */
  readonly made: Promise<void>;
}

/**
 * The same part, whose body for the first attempt is made from now on.
 *
 * @param part - The part.
 */
export function begun(part: PartToSend): BegunPart {
  let first: Promise<PartBody> | undefined = settled(part.body());
  const made = settled(first.then(() => undefined));
  const body = () => {
    const next = first ?? part.body();
    first = undefined;
    return next;
  };
  return { ...part, body, made };
}
