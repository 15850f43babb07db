/**
 * The ceiling: SubtleCrypto's AES-GCM over segments as long as the toolkit's, as many calls under way, and nothing
 * else. Each segment has a tag of its own, so this is no format that anybody reads; nothing built on SubtleCrypto in
 * segments can be quicker. The memory of each result is given back as soon as it was taken, as the toolkit's `discard` does,
 * for which the toolkit is not needed; the variant `kept` leaves it to the garbage collector, as loops over SubtleCrypto do.
 */

import { discard } from "s3-envelope";

const { userAgent } = navigator;
const SEGMENT = (userAgent.includes(" Gecko/") ? 448 : 512) * 1024;
const TAG = 16;
const UNDER_WAY = userAgent.includes("AppleWebKit/") && !userAgent.includes("Chrome/") ? 3 : 2;

/** @type {import("../contenders.mjs").Open} */
export async function open({ key, variant }) {
  const done = variant === "kept" ? () => undefined : (result) => discard(new Uint8Array(result));
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
  const algorithm = (number) => {
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setUint32(8, number);
    return { name: "AES-GCM", iv };
  };
  return {
    async encrypt(source, sink) {
      const work = (bytes, number) => crypto.subtle.encrypt(algorithm(number), imported, bytes);
      await pipelined(source.pieces(SEGMENT), work, { sink, done });
    },
    async decrypt(source, sink) {
      const work = (bytes, number) => crypto.subtle.decrypt(algorithm(number), imported, bytes);
      await pipelined(source.pieces(SEGMENT + TAG), work, { sink, done });
    },
  };
}

async function pipelined(pieces, work, { sink, done }) {
  const underWay = [];
  const take = async () => {
    const result = await underWay.shift();
    sink.take(result);
    done(result);
  };
  let number = 0;
  for (const piece of pieces) {
    if (underWay.length === UNDER_WAY) await take();
    underWay.push(work(piece, number));
    number += 1;
  }
  while (underWay.length > 0) await take();
}
