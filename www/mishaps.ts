/** What goes wrong between this page and the storage, on purpose: what the package outlives, and what it refuses. */

import type { Mishap } from "./protocol.js";
import { inspect } from "./storage-link.js";
import { failureOf, type Transfers } from "./transfer.js";
import { announce } from "./verdicts.js";

/** More often than anybody asks again. */
const ALWAYS = 1000;

/** Mishaps with one object. */
export class Mishaps {
  readonly #transfers: Transfers;

  /**
   * @param transfers - Fetches, as anybody would.
   */
  constructor(transfers: Transfers) {
    this.#transfers = transfers;
  }

  /**
   * Fetches while the connection breaks twice.
   *
   * @param objectKey - The object.
   */
  async lostConnection(objectKey: string): Promise<void> {
    await this.#during("reset", 2, async () => {
      const { sha256, receipt } = await this.#transfers.fetch(objectKey);
      const isSame = receipt === undefined || receipt.sha256 === sha256;
      announce({
        outcome: isSame ? "good" : "bad",
        title: isSame ? "It came back in spite of two lost connections" : "It came back as another file",
        message: `SHA-256 ${sha256}`,
        meaning: "The storage did not answer twice. The package asked again, each time with a URL signed anew.",
      });
    });
  }

  /**
   * Fetches while each answer ends after its first half.
   *
   * @param objectKey - The object.
   */
  async cutShort(objectKey: string): Promise<void> {
    await this.#during("truncated-body", ALWAYS, async () => {
      try {
        await this.#transfers.fetch(objectKey);
      } catch (error) {
        announce({
          outcome: "refused",
          title: "Half an object is no object",
          ...failureOf(error),
          meaning: "Every answer ended half-way. The package asked a few times, then gave out nothing.",
        });
        return;
      }
      announce({
        outcome: "bad",
        title: "It was not noticed",
        message: "Half of the object came back as if it were all.",
      });
    });
  }

  /** Works while the storage fails, and lets it be well again. */
  async #during(mishap: Mishap, times: number, work: () => Promise<void>): Promise<void> {
    await inspect({ kind: "fail-downloads", mishap, times });
    try {
      await work();
    } finally {
      await inspect({ kind: "be-well" });
    }
  }
}
