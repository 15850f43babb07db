/** The simulated storage as a real server, with a bucket that pages may upload to. */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { step } from "../../scripts/lib/progress.mjs";
import { CARGO_TARGET, must, Sentence } from "../../scripts/lib/run.mjs";
import { endingWithUs } from "./leftovers.mjs";

const REGION = "eu-central-1";
const BUCKET = "bench";
/** The access key of AWS's documentation, which the simulation takes unless told otherwise. */
const CREDENTIALS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
/** What README.md says that a bucket needs. */
const CORS = `<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule>
<AllowedOrigin>*</AllowedOrigin><AllowedHeader>*</AllowedHeader>
${["PUT", "GET", "POST", "DELETE"].map((method) => `<AllowedMethod>${method}</AllowedMethod>`).join("")}
${["ETag", ...["c", "3", "w", "d", "i", "m", "t"].map((name) => `x-amz-meta-x-amz-${name}`)]
  .map((name) => `<ExposeHeader>${name}</ExposeHeader>`)
  .join("")}
</CORSRule></CORSConfiguration>`;

/** Builds the server, unless it is built. */
export function buildStorage() {
  const title = "compiling the storage server";
  const cargo = ["build", "--locked", "--release", "-p", "s3-storage-sim", "--bins"];
  return step(title, (onOutput) => must(title, "cargo", cargo, { onOutput }));
}

/**
 * Starts the server and makes a bucket.
 *
 * @returns {Promise<{ place: object, stop: () => void }>} `place` is where, and who signs, as `presign` takes it
 */
export async function startStorage() {
  const program = join(CARGO_TARGET, "release", process.platform === "win32" ? "s3-storage-sim.exe" : "s3-storage-sim");
  const server = spawn(program, ["--listen", "127.0.0.1:0", "--region", REGION], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = () => server.kill();
  endingWithUs(server);
  try {
    const endpoint = await addressOf(server);
    const place = { credentials: CREDENTIALS, region: REGION, endpoint, addressing: "path", bucket: BUCKET };
    await onBucket(
      place,
      {},
      `<CreateBucketConfiguration><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>`,
    );
    await onBucket(place, { cors: "" }, CORS);
    return { place, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

async function addressOf(server) {
  for await (const line of createInterface({ input: server.stdout })) {
    const address = /^listening on (\S+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  throw new Sentence("The storage server ended without listening.");
}

async function onBucket(place, query, body) {
  // From dist/, which is built by the time this is called.
  const { presign } = await import("../../dist/node.js");
  const digest = createHash("sha256").update(body).digest("base64");
  const signed = await presign({
    ...place,
    key: "",
    method: "PUT",
    query,
    headers: { "x-amz-checksum-sha256": digest },
  });
  const { host: _, ...headers } = signed.headers;
  const response = await fetch(signed.url, { method: "PUT", headers, body });
  if (!response.ok) throw new Error(`the storage answered ${response.status}: ${await response.text()}`);
}
