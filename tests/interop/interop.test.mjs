/** AWS's own encryption clients and ours, through our native storage: what one writes the other reads, byte for byte. */

import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { allCells, MULTIPART_SIZE, nameOf, PEERS } from "./matrix.mjs";
import { Resources } from "../support/resources.mjs";
import { contentOf, digestOf } from "./ours.js";
import { allDeeds, DEEDS, sideOf, titleOf } from "./instruction-files.mjs";
import { keyringFor } from "./support/keyrings.mjs";
import { Peer } from "./support/peer.mjs";
import { record } from "./support/recording.mjs";
import { Results } from "./support/results.mjs";
import { inChromium, inNode } from "./support/runtimes.mjs";
import { KMS_KEY, Storage } from "./support/storage.mjs";

/** What the suite found: `peers` with commands and versions, `missing` with reasons. */
const { peers: found, missing } = JSON.parse(process.env.INTEROP_PEERS);

/** What the metadata of each format has to say, so that a cell is what it calls itself. */
const MARKS = { V1: "x-amz-key", V2: "x-amz-key-v2", V3: "x-amz-3" };
const WRAPPING = {
  V2: { aes: "AES/GCM", rsa: "RSA-OAEP-SHA1", kms: "kms+context" },
  V3: { aes: "02", rsa: "22", kms: "12" },
};
const CONTEXT = { purpose: "interop", owner: "s3-envelope" };

const resources = new Resources();
const folder = resources.folder();
const results = new Results();
const running = {};
const runtimes = {};
let storage;

before(async () => {
  storage = resources.add(await Storage.start(), (started) => started.stop());
  runtimes.Node = inNode(storage);
  for (const [name, { command }] of Object.entries(found)) {
    const peer = await Peer.start(PEERS[name].title, command, storage.endpoint);
    running[name] = resources.add(peer, (started) => started.stop());
  }
});

afterEach(() => runtimes.Chromium?.assertNoFaults());

after(async () => {
  await resources.close();
  results.print(found, missing);
  if (process.env.INTEROP_RECORD) results.save(found, missing);
});

for (const [index, cell] of allCells().entries()) {
  const { peer, runtime, format, keyring, place, direction, size } = cell;
  const reason = missing[peer];
  const verb =
    direction === "read"
      ? `${runtime} reads what ${PEERS[peer].title} wrote`
      : `${PEERS[peer].title} reads what ${runtime} wrote`;
  test(
    `${verb}: ${format}, ${keyring.toUpperCase()}, ${place}, ${nameOf(size)}`,
    { skip: reason ?? false },
    async () => {
      await (direction === "read" ? weRead : weWrite)(cell, requestFor(cell, index));
      results.pass(cell);
    },
  );
  if (reason === undefined) results.plan(cell);
  else results.skip(cell, reason);
}

/** Our side of a cell; the browser is started by the first that wants it. */
async function runtimeOf({ runtime }) {
  if (runtime === "Chromium") {
    runtimes.Chromium ??= resources.add(await inChromium(storage), (opened) => opened.close());
  }
  return runtimes[runtime];
}

/** One request of the protocol, which both sides understand. */
function requestFor({ format, keyring, place, size }, index) {
  return {
    bucket: storage.bucket,
    key: `object-${index}`,
    format,
    keyring: keyringFor(keyring, KMS_KEY),
    context: keyring === "kms" ? CONTEXT : {},
    instructionFile: place === "instruction file",
    length: size,
    seed: index + 1,
  };
}

async function weRead(cell, request) {
  const content = contentOf(request.length, request.seed);
  const file = join(folder, "content");
  writeFileSync(file, content);
  const parts = PEERS[cell.peer].parts && cell.size === MULTIPART_SIZE;
  await running[cell.peer].do({ op: "put", ...request, file, parts });
  await checkStored(cell, request, parts);
  const ours = await runtimeOf(cell);
  assert.equal(await ours.read(request), await digestOf(content));
}

async function weWrite(cell, request) {
  const file = join(folder, "content");
  const ours = await runtimeOf(cell);
  await ours.write(request);
  await checkStored(cell, request, cell.size === MULTIPART_SIZE);
  rmSync(file, { force: true });
  await running[cell.peer].do({ op: "get", ...request, file });
  assert.equal(await digestOf(readFileSync(file)), await digestOf(contentOf(request.length, request.seed)));
}

/** That the object is of the format, under the wrapping algorithm, and in as many parts as the cell says. */
async function checkStored({ format, keyring, place }, { key }, isInParts) {
  const { metadata, etag } = await storage.stored(key);
  const file = place === "metadata" ? undefined : await storage.stored(`${key}.instruction`);
  const entries = file === undefined ? metadata : JSON.parse(file.body.toString());
  // Under KMS the first clients already used V2's names.
  const mark = MARKS[format === "V1" && keyring === "kms" ? "V2" : format];
  assert.ok(mark in entries, `not ${format}: ${Object.keys(entries)}`);
  if (format === "V3") assert.equal(metadata["x-amz-c"], "115");
  const wrapping = entries["x-amz-wrap-alg"] ?? entries["x-amz-w"];
  if (WRAPPING[format] !== undefined) assert.equal(wrapping, WRAPPING[format][keyring]);
  assert.equal(/-\d+"$/.test(etag), isInParts, `the ETag is ${etag}`);
}

for (const [index, deed] of allDeeds().entries()) {
  results.deed(titleOf(deed), missing[deed.peer] === undefined ? "FAILED" : "–");
  test(titleOf(deed), { skip: missing[deed.peer] ?? false }, async () => {
    const peer = running[deed.peer];
    const request = requestFor({ ...deed, place: "instruction file", size: 16 }, allCells().length + index);
    await DEEDS[deed.deed](deed, request, { ours: await runtimeOf(deed), theirs: sideOf(peer, folder), storage });
    results.deed(titleOf(deed), "✓");
  });
}

if (process.env.INTEROP_RECORD) {
  test("small objects of every client are recorded", async () => {
    for (const [name, { version }] of Object.entries(found)) {
      await record(name, version, running[name], { storage, folder, context: CONTEXT });
    }
  });
}
