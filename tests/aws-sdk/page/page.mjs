/** AWS's SDK in a page whose service worker is the storage: lets the test use the table here. */

import { Side } from "../table.mjs";

window.begin = async ({ credentials, kmsKey }) => {
  await navigator.serviceWorker.register("storage-worker.js");
  // The worker takes hold of this page when it is activated.
  if (navigator.serviceWorker.controller === null) {
    await new Promise((resolve) =>
      navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }),
    );
  }
  const at = (service) => ({ endpoint: `https://${service}.us-east-1.storage.test`, credentials });
  window.side = new Side({ s3: at("s3"), kms: at("kms"), kmsKey });
  await window.side.start();
};
document.documentElement.dataset.ready = "";
