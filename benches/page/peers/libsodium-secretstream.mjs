/**
 * libsodium.js's `crypto_secretstream_xchacha20poly1305`, which libsodium's documentation names for files of any size
 * ("Encrypted streams and file encryption"), with messages as long as the toolkit's segments: fewer calls than the 4 KiB
 * of its example, which makes it quicker.
 */

import sodium from "libsodium-wrappers";

const MESSAGE = 512 * 1024;

/** @type {import("../contenders.mjs").Open} */
export async function open({ key }) {
  await sodium.ready;
  const tags = {
    more: sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE,
    last: sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL,
  };
  return {
    async encrypt(source, sink) {
      const { state, header } = sodium.crypto_secretstream_xchacha20poly1305_init_push(key);
      let left = source.length;
      for (const piece of source.pieces(MESSAGE)) {
        left -= piece.length;
        const tag = left === 0 ? tags.last : tags.more;
        sink.take(sodium.crypto_secretstream_xchacha20poly1305_push(state, piece, null, tag));
      }
      return { header };
    },
    async decrypt(source, sink, { header }) {
      const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
      let last;
      for (const piece of source.pieces(MESSAGE + sodium.crypto_secretstream_xchacha20poly1305_ABYTES)) {
        const opened = sodium.crypto_secretstream_xchacha20poly1305_pull(state, piece);
        if (opened === false) throw new Error("a message is not authentic");
        last = opened.tag;
        sink.take(opened.message);
      }
      if (last !== tags.last) throw new Error("the stream was cut short");
    },
  };
}
