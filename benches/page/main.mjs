/** What the page offers to whoever measures in it. */

import { contender } from "./contenders.mjs";
import { check, forget, hasRoom, prepare, sample } from "./samples.mjs";

// These use the toolkit, which must not be there before its start-up is measured.
const files = () => import("./files.mjs");
const uploads = () => import("./uploads.mjs");

globalThis.bench = {
  sample,
  prepare,
  check,
  forget,
  hasRoom,
  readFile: async (way) => (await files()).readFile(way),
  encryptFile: async () => (await files()).encryptFile(),
  checkFile: async () => (await files()).checkFile(),
  uploadFile: async (order) => (await uploads()).uploadFile(order),
  checkUpload: async (order) => (await uploads()).checkUpload(order),
  readingWays: async () => (await files()).readingWays(),
  /** How long it takes to load a contender and get it ready; in a page that did not load it yet. */
  async startUp(peer) {
    const start = performance.now();
    await contender(peer);
    return performance.now() - start;
  },
};
