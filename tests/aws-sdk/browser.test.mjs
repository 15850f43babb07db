/** AWS's JavaScript SDK in a page, against the service worker. */

import { after, before } from "node:test";

import { CREDENTIALS } from "../interop/support/storage.mjs";
import { rows } from "./rows.mjs";
import { SdkPage } from "./support.mjs";

let opened;

before(async () => {
  opened = await SdkPage.open();
  await opened.page.evaluate((given) => window.begin(given), { credentials: CREDENTIALS, kmsKey: "alias/documents" });
});

after(() => opened.close());

rows("Chromium", (row, mode) => opened.page.evaluate(([what, how]) => window.side[what](how), [row, mode]));
