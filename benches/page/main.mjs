/** What the page offers to whoever measures in it. */

import { contender } from "./contenders.mjs";
import { checkFile, encryptFile, readFile, readingWays } from "./files.mjs";
import { check, forget, hasRoom, prepare, sample } from "./samples.mjs";
import { checkUpload, uploadFile } from "./uploads.mjs";

globalThis.bench = {
  sample,
  prepare,
  check,
  forget,
  hasRoom,
  readFile,
  encryptFile,
  checkFile,
  uploadFile,
  checkUpload,
  readingWays,
  /** How long it takes to load a contender and get it ready; in a page that did not load it yet. */
  async startUp(peer) {
    const start = performance.now();
    await contender(peer);
    return performance.now() - start;
  },
};
