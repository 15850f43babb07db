/** The rows of the table as tests of Node's, whichever side of it does the work. */

import { test } from "node:test";

const MODES = ["SSE-S3", "SSE-KMS", "DSSE-KMS", "SSE-C"];
const IN_EACH_MODE = {
  object: "an object is put, looked at, described and read, whole and in part",
  copies: "an object is copied into every mode",
  upload: "an object is uploaded in parts by lib-storage",
  presigned: "presigned URLs write and read, and name one object",
  form: "a form uploads",
};

/**
 * @param {string} where
 * @param {(row: string, mode?: string) => Promise<void>} use does one row of tests/aws-sdk/table.mjs
 */
export function rows(where, use) {
  for (const mode of MODES) {
    for (const [row, title] of Object.entries(IN_EACH_MODE)) test(`${where}, ${mode}: ${title}`, () => use(row, mode));
  }
  test(`${where}, KMS: a data key opens under its context alone`, () => use("dataKey"));
  test(`${where}: mistakes are told by S3's names`, () => use("mistakes"));
  test(`${where}: everything is listed and deleted`, () => use("emptied"));
}
