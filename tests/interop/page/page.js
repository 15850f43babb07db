/** Lets the test use our side in this page. */

import * as toolkit from "./dist/index.js";
import { read, write } from "./ours.js";

window.ours = {
  read: (request) => read(toolkit, request),
  write: (request) => write(toolkit, request),
};
document.documentElement.dataset.ready = "";
