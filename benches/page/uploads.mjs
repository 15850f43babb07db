/** A file on disk into an S3 bucket, as it is and encrypted. */

import { AesKeyring, download, presign, sse, upload } from "s3-envelope";

import { KEY } from "./contenders.mjs";
import { chosenFile, compareWithFile } from "./files.mjs";

/**
 * Uploads the chosen file.
 *
 * @param {{ kind: "plain" | "encrypted", place: object }} order `place` is where, and who signs, as `presign` takes it
 */
export async function uploadFile({ kind, place }) {
  const how = await protection(kind);
  const start = performance.now();
  await upload(chosenFile(), { ...how, presign: signer(place, kind) });
  return { ms: performance.now() - start };
}

/**
 * Checks that what was uploaded is the chosen file.
 *
 * @param {{ kind: "plain" | "encrypted", place: object }} order
 */
export async function checkUpload({ kind, place }) {
  const { body } = await download({ presign: signer(place, kind), ...(await protection(kind)) });
  await compareWithFile(body);
}

async function protection(kind) {
  return kind === "plain" ? { sse: sse.bucketDefault() } : { keyring: await AesKeyring.fromBytes(KEY) };
}

/** A page would ask its backend; signing takes well under a millisecond, and does so for both kinds alike. */
function signer(place, key) {
  return ({ method, query, headers }) => presign({ ...place, key, method, query, headers });
}
