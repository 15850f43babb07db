/** Lets the test use our side in this page. */

import * as toolkit from "./dist/index.js";
import { read, reEncrypt, remove, write } from "./ours.js";

// The test is this page's backend: it signs calls of KMS and hands them on.
const { askKms } = window;
/** What leaves the page has no code of its own: it is told beside. */
const use = (operation) => async (request) => {
  try {
    return { value: await operation(toolkit, { ...request, askKms }) };
  } catch (error) {
    return { failure: { name: error.name, code: error.code, message: error.message, stack: error.stack } };
  }
};
window.ours = { read: use(read), write: use(write), reEncrypt: use(reEncrypt), remove: use(remove) };
document.documentElement.dataset.ready = "";
