/** Lets the test use our side in this page. */

import * as toolkit from "./dist/index.js";
import { read, write } from "./ours.js";

// The test is this page's backend: it signs calls of KMS and hands them on.
const { askKms } = window;
window.ours = {
  read: (request) => read(toolkit, { ...request, askKms }),
  write: (request) => write(toolkit, { ...request, askKms }),
};
document.documentElement.dataset.ready = "";
