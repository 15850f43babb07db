/** One of AWS's clients, in a process of its own that is told what to do by lines of JSON. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { ownEnvironment } from "../../support/own-environment.mjs";
import { Resources } from "../../support/resources.mjs";
import { CREDENTIALS, REGION } from "./storage.mjs";

/** How long one request may take on a slow machine, in milliseconds. */
const LIMIT_MS = 300_000;

/** A running client. Requests are answered one at a time. */
export class Peer {
  #process;
  #answers;
  #title;

  /**
   * Starts a client and waits until it is ready.
   *
   * @param {string} title for messages
   * @param {[string, string[]]} command
   * @param {string} endpoint S3's and KMS's
   */
  static start(title, [program, args], endpoint) {
    return Resources.opening(async (resources) => {
      const peer = resources.add(new Peer(), (started) => started.stop());
      peer.#title = title;
      peer.#process = spawn(program, args, { env: environment(endpoint), stdio: ["pipe", "pipe", "inherit"] });
      peer.#process.on("error", () => undefined);
      peer.#process.stdin.on("error", () => undefined);
      peer.#answers = createInterface({ input: peer.#process.stdout })[Symbol.asyncIterator]();
      await peer.#answer();
      return peer;
    });
  }

  /**
   * Has something done; fails with what the client said if it could not.
   *
   * @param {object} request as in README.md
   */
  async do(request) {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { error } = await this.#answer();
    if (error !== undefined) throw new PeerError(`${this.#title}: ${error}`);
  }

  stop() {
    this.#process?.kill("SIGKILL");
  }

  async #answer() {
    const timer = setTimeout(() => this.stop(), LIMIT_MS);
    try {
      const { done, value } = await this.#answers.next();
      if (done) throw new Error(`${this.#title} ended, or was ended after ${LIMIT_MS / 1000} s without an answer`);
      return JSON.parse(value);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What a client answered when it could not do what it was asked. */
export class PeerError extends Error {
  name = "PeerError";
}

function environment(endpoint) {
  return {
    ...ownEnvironment(),
    INTEROP_ENDPOINT: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    PYTHONDONTWRITEBYTECODE: "1",
  };
}
