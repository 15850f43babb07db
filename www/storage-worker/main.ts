/**
 * The service worker in which the simulated S3 and KMS live. It answers what the page sends to the storage's origins, gives
 * the browser what the page saves, and nothing else: all other requests take their usual way.
 */

// Before all else that answers requests.
import "s3-envelope/download-worker.js";

import { openStorage, type StorageSim } from "s3-envelope/testing";

import { CREDENTIALS, type Inspection, KMS_ALIASES, REGION, type Reply, STORAGE_DOMAIN } from "../protocol.js";
import { answerTo } from "./operator.js";

declare const self: ServiceWorkerGlobalScope;

let opening: Promise<StorageSim> | undefined;

/** The storage, brought up when it is first asked: the browser stops and starts this worker as it likes. */
function storage(): Promise<StorageSim> {
  opening ??= openStorage({
    databaseName: "s3-envelope.storage",
    region: REGION,
    baseDomain: STORAGE_DOMAIN.slice(1),
    kmsKeys: [...KMS_ALIASES],
    // Real buckets block SSE-C from the start. The page shows that as a setting, and lets people try SSE-C first.
    sseCDefault: "allowed",
    credentials: [{ ...CREDENTIALS, displayName: "demo" }],
  }).catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

self.addEventListener("install", (event) => {
  event.waitUntil(self.skipWaiting());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  if (new URL(event.request.url).hostname.endsWith(STORAGE_DOMAIN)) {
    event.respondWith(storage().then((open) => open.fetch(event.request)));
  }
});

self.addEventListener("message", (event: ExtendableMessageEvent) => {
  const question = event.data as Inspection | { readonly kind: "claim" };
  event.waitUntil(question.kind === "claim" ? self.clients.claim() : reply(question, event.ports[0]));
});

/** Answers, also when it fails: a worker that throws leaves the page waiting for ever. */
async function reply(question: Inspection, port: MessagePort | undefined): Promise<void> {
  let answer: Reply;
  try {
    answer = { value: await answerTo(question, await storage()) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  port?.postMessage(answer);
}
