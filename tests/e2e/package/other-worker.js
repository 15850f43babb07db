/** An app's own service worker, which knows of no downloads. */

addEventListener("install", () => skipWaiting());
