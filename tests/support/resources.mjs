/** What a test has open: browsers, servers, folders. All of it is closed, also where the next one cannot be opened. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A stack of what is open. */
export class Resources {
  #closings = [];

  /**
   * Opens what belongs together. Where that fails, whatever was opened by then is closed.
   *
   * @template T
   * @param {(resources: Resources) => Promise<T>} open adds each step's result before it takes the next one
   * @returns {Promise<T>}
   */
  static async opening(open) {
    const resources = new Resources();
    try {
      return await open(resources);
    } catch (error) {
      // What there is to say is why it could not be opened.
      await resources.close().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Adds what is open.
   *
   * @template T
   * @param {T} resource
   * @param {(resource: T) => unknown} close
   * @returns {T} the resource
   */
  add(resource, close) {
    this.#closings.push(() => close(resource));
    return resource;
  }

  /** A folder of its own, which is removed with all that is in it. */
  folder() {
    const path = mkdtempSync(join(tmpdir(), "s3-envelope-"));
    return this.add(path, () => rmSync(path, { recursive: true, force: true }));
  }

  /** Closes everything, the last first. What cannot be closed keeps nothing else open, and is told in the end. */
  async close() {
    const errors = [];
    while (this.#closings.length > 0) {
      try {
        await this.#closings.pop()();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} resources could not be closed`);
  }
}
