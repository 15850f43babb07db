/** An app's own service worker, which has the downloads beside its own work: it answers every request. */

importScripts("dist/download-worker.js");

addEventListener("install", () => skipWaiting());
addEventListener("fetch", (event) => event.respondWith(fetch(event.request)));
