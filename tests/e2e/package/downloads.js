/** What the package has to do with downloads through a service worker. A check throws, or says what it saw. */

import { answering, codeOf, encrypted, keyring, presign, spoolFiles } from "./checks.js";
import { saveObject, sse } from "./dist/index.js";

const MIB = 1024 * 1024;

/** The package's worker by itself, or another one, over a folder of its own in which there is nothing. */
async function registered(script = "dist/download-worker.js") {
  return navigator.serviceWorker.register(script, { scope: script.replace(".js", "/") });
}

/** Bytes of which no two MiB are alike. */
function contentOf(length) {
  const content = new Uint8Array(length).fill(0xa5);
  for (let at = 0; at + 4 <= length; at += MIB) new DataView(content.buffer).setUint32(at, at);
  return content;
}

/** Saves an object, all of which the storage has ready. */
export async function saveThroughWorker(length, { isTouched = false, script, ...options }) {
  const { body, headers } = await encrypted(contentOf(length));
  if (isTouched) body[body.length >> 1] ^= 1;
  const serviceWorker = await registered(script);
  return answering(
    async () => new Response(body, { headers: { ...headers, "content-type": "text/html" } }),
    async () => {
      try {
        const { way, size, contentType } = await saveObject({ presign, keyring, serviceWorker, ...options });
        return { way, size, contentType };
      } catch (error) {
        return { code: error.code, left: await spoolFiles() };
      }
    },
  );
}

/** Saves what the storage encrypted, or nobody, and says how much of it the page's own answer still has afterwards. */
export async function savePlainThroughWorker(length) {
  const content = contentOf(length);
  const serviceWorker = await registered();
  const start = (controller) => {
    controller.enqueue(content);
    controller.close();
  };
  return answering(
    async () => new Response(new ReadableStream({ start })),
    async () => {
      const { way } = await saveObject({ presign, sse: sse.bucketDefault(), serviceWorker, fileName: "plain" });
      return { way, left: content.length };
    },
  );
}

/** Begins to save an object of which the storage gives half, and then nothing; returns when more is waited for. */
export async function beginSaving(length) {
  const { body, headers } = await encrypted(contentOf(length));
  const serviceWorker = await registered();
  const saving = { stop: new AbortController(), isRequestStopped: false };
  const how = { way: "service-worker", release: "delayed-authentication", fileName: "half" };
  await new Promise((began, failed) => {
    // As the network's fetch: the signal ends the body too.
    const storage = async (_, { signal }) => {
      const half = {
        start(controller) {
          controller.enqueue(body.subarray(0, length >> 1));
          signal.addEventListener("abort", () => {
            saving.isRequestStopped = true;
            controller.error(signal.reason);
          });
        },
        pull: () => began(),
      };
      return new Response(new ReadableStream(half, { highWaterMark: 0 }), { headers });
    };
    const { signal } = saving.stop;
    const save = () => codeOf(saveObject({ presign, keyring, serviceWorker, signal, ...how }));
    saving.code = answering(storage, save);
    saving.code.then((code) => failed(new Error(`it ended at once: ${code}`)));
  });
  globalThis.saving = saving;
}

/** How the saving ended that was begun. */
export async function howSavingEnded() {
  const code = await globalThis.saving.code;
  return { code, isRequestStopped: globalThis.saving.isRequestStopped };
}

/** Has the page itself stop what it saves. */
export function stopSaving() {
  globalThis.saving.stop.abort(new Error("enough"));
}
