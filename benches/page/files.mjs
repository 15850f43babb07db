/** A file on disk, chosen as a person chooses it: read only, and read and encrypted. */

import { AesKeyring, decryptObject, discard, encryptObject } from "s3-envelope";

import { compare, Counter, drain, wrong } from "./bytes.mjs";
import { KEY } from "./contenders.mjs";

const MIB = 1024 * 1024;

/** The file that was chosen. */
export const chosenFile = () => document.querySelector("#file").files[0];

/** Ways to read a file without doing anything with it. The quickest is what encrypting is compared with. */
const WAYS = {
  "byob-1MiB": (file, sink) => withReusedBuffer(file, sink, MIB),
  "byob-4MiB": (file, sink) => withReusedBuffer(file, sink, 4 * MIB),
  stream: (file, sink) => drain(file.stream(), sink),
  "slices-4MiB": (file, sink) => inSlices(file, sink, { length: 4 * MIB, underWay: 1 }),
  "slices-4MiB-2": (file, sink) => inSlices(file, sink, { length: 4 * MIB, underWay: 2 }),
};

/** The ways that this browser has: not every one gives a file's bytes into the reader's own buffer. */
export function readingWays() {
  const isPossible = hasOwnBuffers(new Blob(["bytes"]));
  return Object.keys(WAYS).filter((way) => isPossible || !way.startsWith("byob-"));
}

function hasOwnBuffers(blob) {
  try {
    blob.stream().getReader({ mode: "byob" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads the file in one of the ways.
 *
 * @param {keyof typeof WAYS} way
 */
export function readFile(way) {
  return timed((sink) => WAYS[way](chosenFile(), sink), chosenFile().size);
}

/** Encrypts the file as the toolkit does unless told otherwise. */
export async function encryptFile() {
  const keyring = await AesKeyring.fromBytes(KEY);
  const file = chosenFile();
  return timed(async (sink) => drain((await encryptObject(file, { keyring })).body, sink, discard), file.size + 16);
}

/** Checks that the file, encrypted and decrypted, is what it was. */
export async function checkFile() {
  const keyring = await AesKeyring.fromBytes(KEY);
  const { body, metadata } = await encryptObject(chosenFile(), { keyring });
  const stored = await new Response(body).blob();
  await compareWithFile(await decryptObject({ body: stored, metadata }, { keyring }));
}

/**
 * Compares a stream with the chosen file.
 *
 * @param {ReadableStream<Uint8Array>} stream
 */
export async function compareWithFile(stream) {
  const file = chosenFile();
  const reader = stream.getReader();
  let at = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const expected = new Uint8Array(await file.slice(at, at + next.value.length).arrayBuffer());
    compare(next.value, expected, 0);
    at += next.value.length;
  }
  if (at !== file.size) throw wrong(`${at} of ${file.size} bytes came`);
}

async function timed(run, expectedLength) {
  const sink = new Counter();
  const start = performance.now();
  await run(sink);
  const ms = performance.now() - start;
  if (sink.length !== expectedLength) throw wrong(`${sink.length} bytes came, not ${expectedLength}`);
  return { ms, firstByteMs: sink.firstAt - start };
}

/** Chromium (156) collects a stream that only its BYOB reader refers to, and the read under way never ends. */
const beingRead = new Set();

async function withReusedBuffer(file, sink, length) {
  const stream = file.stream();
  beingRead.add(stream);
  const reader = stream.getReader({ mode: "byob" });
  let next = await reader.read(new Uint8Array(length));
  while (!next.done) {
    sink.take(next.value);
    next = await reader.read(new Uint8Array(next.value.buffer));
  }
  beingRead.delete(stream);
}

async function inSlices(file, sink, { length, underWay }) {
  const reads = [];
  for (let start = 0; start < file.size; start += length) {
    if (reads.length === underWay) sink.take(await reads.shift());
    reads.push(file.slice(start, start + length).arrayBuffer());
  }
  for (const read of reads) sink.take(await read);
}
