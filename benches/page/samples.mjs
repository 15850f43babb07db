/** One measurement at a time, asked for from outside; and the checks that what was measured is right. */

import { Comparer, Counter, FileSource, Keeper, MemorySource, someBytes, StreamedSource, wrong } from "./bytes.mjs";
import { contender, KEY } from "./contenders.mjs";
import { openObject } from "./s3-object.mjs";

/** Above this, with room for what a peer adds, one ciphertext is kept at a time: those of all contenders do not fit into memory. */
const LENGTH_OF_MANY = 80 * 1024 * 1024;
/** Up to here the toolkit's ciphertext is opened a second time, by other means. */
const SECOND_OPINION_LENGTH = 64 * 1024 * 1024;

const plaintexts = new Map();
const ciphertexts = new Map();

/**
 * @typedef {{ peer: string, variant?: string, operation: "encrypt" | "decrypt", bytes: number, repeats?: number,
 *   minMs?: number, streamed?: boolean }} Order `repeats` makes short operations long enough to be timed, and `minMs`
 *   goes on until that many milliseconds have passed; `streamed` takes the plaintext from a stream rather than from memory
 */

/** Messages to workers so far: whether they work is the toolkit's decision. */
let messages = 0;
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (...given) {
  messages += 1;
  return postMessage.apply(this, given);
};

/**
 * Measures once.
 *
 * @param {Order} order
 * @returns {Promise<{ ms: number, firstByteMs: number, workerMessages: number }>} all for one operation
 */
export async function sample(order) {
  const { repeats = 1, minMs = 0 } = order;
  const sides = await contender(order.peer, order.variant);
  const run = await prepared(sides, order);
  let firstByteMs = 0;
  messages = 0;
  const start = performance.now();
  let times = 0;
  while (times < repeats || performance.now() - start < minMs) {
    times += 1;
    const sink = new Counter();
    const startOfOne = performance.now();
    await run(sink);
    firstByteMs += sink.firstAt - startOfOne;
    if (!isRight(sink.length, order)) throw wrong(`${sink.length} bytes came out of ${order.bytes}`);
  }
  const ms = performance.now() - start;
  return { ms: ms / times, firstByteMs: firstByteMs / times, workerMessages: messages / times };
}

/**
 * Gets all ready that a sample needs, so that nothing of it is measured.
 *
 * @param {Order} order
 */
export async function prepare(order) {
  await prepared(await contender(order.peer, order.variant), order);
}

/**
 * Checks that what a contender encrypts decrypts to the same bytes; the toolkit's ciphertext also without the toolkit.
 *
 * @param {Order} order
 */
export async function check({ peer, variant, bytes }) {
  const sides = await contender(peer, variant);
  const plaintext = plaintextOf(bytes);
  const { source, parameters } = await ciphertextOf(sides, { peer, variant, bytes });
  const comparer = new Comparer(plaintext.bytes);
  await sides.decrypt(source, comparer, parameters);
  comparer.end();
  if (peer !== "s3-envelope" || bytes > SECOND_OPINION_LENGTH) return;
  const second = new Comparer(plaintext.bytes);
  second.take(await openObject(KEY, parameters.metadata, source.bytes));
  second.end();
}

/** Lets go of all plaintexts and ciphertexts. */
export function forget() {
  plaintexts.clear();
  ciphertexts.clear();
}

async function prepared(sides, order) {
  if (order.operation === "encrypt") {
    const source = order.streamed ? streamedPlaintext(order) : plaintextOf(order.bytes);
    return (sink) => sides.encrypt(source, sink);
  }
  if (order.streamed) {
    const { source, parameters } = await ciphertextFile(sides, order);
    return (sink) => sides.decrypt(source, sink, parameters);
  }
  const { source, parameters } = await ciphertextOf(sides, order);
  return (sink) => sides.decrypt(source, sink, parameters);
}

const streamedPlaintext = ({ bytes, variant }) =>
  new StreamedSource(bytes, variant === "other-stream" ? undefined : "bytes");

/** A ciphertext that does not fit into memory, in the origin-private file system. */
async function ciphertextFile(sides, { peer, variant, bytes }) {
  const name = `${peer} ${variant} ${bytes}`;
  const kept = ciphertexts.get(name);
  if (kept !== undefined) return kept;
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle(`ciphertext-${bytes}`, { create: true });
  const writable = await handle.createWritable();
  const parameters = await sides.encrypt(new StreamedSource(bytes), { take: (chunk) => writable.write(chunk) });
  await writable.close();
  const made = { source: new FileSource(await handle.getFile()), parameters };
  ciphertexts.set(name, made);
  return made;
}

/**
 * Whether the browser has room for a file of so many bytes and a copy of it.
 *
 * @param {number} bytes
 */
export async function hasRoom(bytes) {
  const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return "createWritable" in (globalThis.FileSystemFileHandle?.prototype ?? {}) && quota - usage > 2.2 * bytes;
}

function plaintextOf(length) {
  if (!plaintexts.has(length)) plaintexts.set(length, new MemorySource(someBytes(length)));
  return plaintexts.get(length);
}

async function ciphertextOf(sides, { peer, variant, bytes }) {
  const name = `${peer}/${variant}/${bytes}`;
  const kept = ciphertexts.get(name);
  if (kept !== undefined) return kept;
  for (const [other, { source }] of ciphertexts) {
    if (source.length > LENGTH_OF_MANY) ciphertexts.delete(other);
  }
  const keeper = new Keeper();
  const parameters = (await sides.encrypt(plaintextOf(bytes), keeper)) ?? {};
  const made = { source: new MemorySource(keeper.bytes()), parameters };
  ciphertexts.set(name, made);
  return made;
}

/** Ciphertexts are somewhat longer than their plaintexts; plaintexts are as long as they were. */
function isRight(length, { operation, bytes }) {
  return operation === "encrypt" ? length > bytes : length === bytes;
}
