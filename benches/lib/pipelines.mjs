/** A file on disk: read, read and encrypted, and uploaded. */

import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

import { removeFolder, temporaryFolder } from "./leftovers.mjs";
import { label } from "./plan.mjs";
import { summary } from "./statistics.mjs";
import { startStorage } from "./storage.mjs";
import { orderOf } from "./turns.mjs";

const MIB = 1024 * 1024;
const FILE_BYTES = { long: 512 * MIB, quick: 64 * MIB };
/** Bytes a second that the browser may send: all that the machine's own loopback takes, and a fast line. */
const LINKS = { loopback: undefined, "1Gbit": 125_000_000 };
const UPLOAD_BYTES = { long: 256 * MIB, quick: 64 * MIB };

/**
 * Reading a file, and encrypting it while it is read.
 *
 * @param {import("./session.mjs").Session} session
 * @param {{ quick: boolean, only?: RegExp, runs: number }} options
 * @param {(text: string) => void} tell
 * @returns {Promise<import("./timing.mjs").Result[]>}
 */
export async function timeFile(session, options, tell) {
  const bytes = options.quick ? FILE_BYTES.quick : FILE_BYTES.long;
  const names = { read: `file/read-only/${label(bytes)}`, encrypt: `file/encrypt/${label(bytes)}` };
  if (!isWanted(options, Object.values(names))) return [];
  tell(`${names.read}, ${names.encrypt}`);
  return withChosenFile(session, bytes, async () => {
    await session.call("checkFile");
    const ways = await session.call("readingWays");
    const orders = [
      ...ways.map((way) => ({ name: `${names.read}/${way}`, call: "readFile", argument: way })),
      { name: names.encrypt, call: "encryptFile" },
    ];
    const results = await takeTurns(session, orders, { bytes, runs: options.runs });
    return [...results, quickest(names.read, results)];
  });
}

/**
 * Uploading a file to a real server of the simulated storage, as it is and encrypted.
 *
 * @param {import("./session.mjs").Session} session
 * @param {{ quick: boolean, only?: RegExp, runs: number }} options
 * @param {(text: string) => void} tell
 * @returns {Promise<import("./timing.mjs").Result[]>}
 */
export async function timeUploads(session, options, tell) {
  const bytes = options.quick ? UPLOAD_BYTES.quick : UPLOAD_BYTES.long;
  const results = [];
  for (const [link, uplink] of Object.entries(LINKS)) {
    const kinds = ["plain", "encrypted"];
    const nameOf = (kind) => ["upload", ...(uplink === undefined ? [] : [link]), kind, label(bytes)].join("/");
    if (!isWanted(options, kinds.map(nameOf))) continue;
    if (uplink !== undefined && session.limitUplink === undefined) {
      const skipped = `${session.identity.browser} cannot be held to a rate`;
      results.push(...kinds.map((kind) => ({ name: nameOf(kind), bytes, skipped })));
      continue;
    }
    tell(kinds.map(nameOf).join(", "));
    const orders = (place) =>
      kinds.map((kind) => ({ name: nameOf(kind), call: "uploadFile", argument: { kind, place } }));
    results.push(...(await timeUploadsOver(session, uplink, { bytes, orders, runs: options.runs })));
  }
  return results;
}

async function timeUploadsOver(session, uplink, { bytes, orders, runs }) {
  const storage = await startStorage();
  try {
    return await withChosenFile(session, bytes, async () => {
      if (uplink !== undefined) await session.limitUplink(uplink);
      const requests = orders(storage.place);
      const results = await takeTurns(session, requests, { bytes, runs });
      for (const { argument } of requests) await session.call("checkUpload", argument);
      return results;
    });
  } finally {
    storage.stop();
  }
}

const isWanted = ({ only }, names) => only === undefined || names.some((name) => only.test(name));

/** In a fresh page, with a file that is gone afterwards. The system keeps it in memory: reading is not from the disk. */
async function withChosenFile(session, bytes, work) {
  const folder = temporaryFolder();
  try {
    const path = join(folder, "sample.bin");
    writeSample(path, bytes);
    await session.freshPage();
    await session.choose(path);
    return await work();
  } finally {
    removeFolder(folder);
  }
}

function writeSample(path, bytes) {
  const file = openSync(path, "w");
  const block = createHash("shake256", { outputLength: MIB }).update("sample").digest();
  for (let number = 0; number < bytes / MIB; number += 1) {
    block.writeUInt32BE(number);
    writeSync(file, block);
  }
  closeSync(file);
}

async function takeTurns(session, orders, { bytes, runs }) {
  const samples = new Map(orders.map(({ name }) => [name, []]));
  for (let round = -1; round < runs; round += 1) {
    for (const index of orderOf(orders.length, round + 1)) {
      const { name, call, argument } = orders[index];
      await session.collectGarbage("briefly");
      const sample = await session.call(call, argument);
      // The first round warms up.
      if (round >= 0) samples.get(name).push(sample);
    }
  }
  return orders.map(({ name }) => ({ name, bytes, ...summary(bytes, samples.get(name)) }));
}

/** The quickest way of reading is the one that everything else is compared with. */
function quickest(name, results) {
  const reads = results.filter((result) => result.name.startsWith(`${name}/`));
  const best = reads.reduce((one, other) => (other.medianMs < one.medianMs ? other : one));
  return { ...best, name, way: best.name.slice(name.length + 1) };
}
