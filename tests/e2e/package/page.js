/** Runs the checks that the test asks for, in the page or in a dedicated worker. */

import * as checks from "./checks.js";
import * as downloads from "./downloads.js";

window.check = (name, ...parameters) => ({ ...checks, ...downloads })[name](...parameters);

window.checkInWorker = (name, ...parameters) =>
  new Promise((resolve, reject) => {
    const worker = new Worker("worker.js", { type: "module" });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (data.failure === undefined) resolve(data.result);
      else reject(new Error(data.failure));
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ name, parameters });
  });

document.documentElement.dataset.ready = "";
