/** Lets the test use our side in this page. */

import * as toolkit from "./dist/index.js";
import { read, reEncrypt, remove, write } from "./ours.js";

// The test is this page's backend: it signs calls of KMS and hands them on.
const { askKms } = window;
const use = (operation) => (request) => operation(toolkit, { ...request, askKms });
window.ours = { read: use(read), write: use(write), reEncrypt: use(reEncrypt), remove: use(remove) };
document.documentElement.dataset.ready = "";
