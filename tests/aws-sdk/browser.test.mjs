/** AWS's JavaScript SDK in a page, against the service worker. */

import { after, afterEach, before } from "node:test";

import { CREDENTIALS } from "../interop/support/storage.mjs";
import { STATUS } from "../support/faults.mjs";
import { rows } from "./rows.mjs";
import { SdkPage } from "./support.mjs";

/** The refusals that a row provokes. */
const REFUSALS = { presigned: [403], dataKey: [400], mistakes: [400, 403, 404] };

let opened;

before(async () => {
  opened = await SdkPage.open();
  await opened.page.evaluate((given) => window.begin(given), { credentials: CREDENTIALS, kmsKey: "alias/documents" });
});

afterEach(() => opened.faults.assertNone());

after(() => opened?.close());

rows("Chromium", (row, mode) => {
  opened.faults.allow(...(REFUSALS[row] ?? []).map(STATUS));
  return opened.page.evaluate(([what, how]) => window.side[what](how), [row, mode]);
});
