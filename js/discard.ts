/** Memory that is given back before the garbage collector comes for it. */

import { BROWSER_ENGINE } from "./browser-engine.js";

/** Shorter chunks cost more to give back than they bring, in bytes. */
const WORTH_GIVING_BACK = 16 * 1024;

/**
 * Gives a chunk's memory back at once, where that helps. Call it when you are done with a chunk that you read from one of this
 * package's streams, and do not use it afterwards. It is never necessary, but a loop is two to three times as fast with it in
 * Chromium, and less so in Firefox and Node: the next chunk then lies in the same memory, instead of in new memory
 * that the system has to find and to clear, and nothing waits for the garbage collector. In WebKit, and for chunks in buffers
 * of less than 16 KiB, it does nothing: there it would cost more than it brings.
 *
 * Only for chunks that nobody else holds: all views of the same buffer are emptied.
 *
 * @param chunk - The chunk.
 */
export function discard(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= WORTH_GIVING_BACK && GIVES_BACK) {
    nobody ??= portToNobody();
    nobody.postMessage(undefined, [buffer]);
  }
}

/**
 * Chunks that are given back when the next one is asked for.
 *
 * @param chunks - Chunks that nobody else holds.
 */
export async function* discarding<Chunk extends Uint8Array>(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  for await (const chunk of chunks) {
    yield chunk;
    discard(chunk);
  }
}

/** What is transferred to a port whose other end is closed leaves this realm and arrives nowhere: it is freed. */
let nobody: MessagePort | undefined;

function portToNobody(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}

/** Whether anything is given back: WebKit reuses memory by itself, and was measured to be slower by half with this. */
export const GIVES_BACK = BROWSER_ENGINE !== "webkit";
