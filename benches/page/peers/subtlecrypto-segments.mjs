/**
 * The ceiling: SubtleCrypto's AES-GCM over segments as long as the toolkit's, two calls under way at a time, and nothing
 * else. Each segment has a tag of its own, so this is no format that anybody reads; nothing built on SubtleCrypto in
 * segments can be quicker.
 */

const SEGMENT = 512 * 1024;
const TAG = 16;
const UNDER_WAY = 2;

/** @type {import("../contenders.mjs").Open} */
export async function open({ key }) {
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
  const algorithm = (number) => {
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setUint32(8, number);
    return { name: "AES-GCM", iv };
  };
  return {
    async encrypt(source, sink) {
      const work = (bytes, number) => crypto.subtle.encrypt(algorithm(number), imported, bytes);
      await pipelined(source.pieces(SEGMENT), work, sink);
    },
    async decrypt(source, sink) {
      const work = (bytes, number) => crypto.subtle.decrypt(algorithm(number), imported, bytes);
      await pipelined(source.pieces(SEGMENT + TAG), work, sink);
    },
  };
}

async function pipelined(pieces, work, sink) {
  const underWay = [];
  let number = 0;
  for (const piece of pieces) {
    if (underWay.length === UNDER_WAY) sink.take(await underWay.shift());
    underWay.push(work(piece, number));
    number += 1;
  }
  for (const result of underWay) sink.take(await result);
}
