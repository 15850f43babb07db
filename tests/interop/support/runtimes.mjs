/** Where our side runs: in this Node, and in a real browser. */

import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as toolkit from "../../../dist/node.js";
import { launchChromium } from "../../../scripts/lib/browser.mjs";
import { ROOT } from "../../../scripts/lib/run.mjs";
import { serve } from "../../../scripts/serve.mjs";
import { read, reEncrypt, remove, write } from "../ours.js";
import { CREDENTIALS, REGION } from "./storage.mjs";

/** The package in Node. */
export function inNode(storage) {
  const signing = { credentials: CREDENTIALS, region: REGION, endpoint: storage.endpoint, addressing: "path" };
  const whole = (request) => ({ ...request, storage: signing, askKms: (...call) => storage.kms(...call) });
  const use = (operation) => (request) => operation(toolkit, whole(request));
  return {
    read: use(read),
    write: use(write),
    reEncrypt: use(reEncrypt),
    remove: use(remove),
    close: () => undefined,
  };
}

/** The package in a page of Chromium, which finds the storage at the host that the page's policy allows. */
export async function inChromium(storage) {
  const folder = mkdtempSync(join(tmpdir(), "s3-envelope-interop-"));
  cpSync(join(ROOT, "tests/interop/page"), folder, { recursive: true });
  cpSync(join(ROOT, "tests/interop/ours.js"), join(folder, "ours.js"));
  symlinkSync(join(ROOT, "dist"), join(folder, "dist"), "junction");
  const site = await serve({ folder });
  const browser = await launchChromium({ flags: [`--host-resolver-rules=MAP *.storage.test:80 ${storage.host}`] });
  const page = await browser.newPage();
  await page.exposeFunction("askKms", (...call) => storage.kms(...call));
  await page.goto(site.url);
  await page.waitForSelector("html[data-ready]");
  const signing = { credentials: CREDENTIALS, region: REGION, endpoint: `http://s3.${REGION}.storage.test` };
  const use = (what) => async (request) => {
    const asked = [what, { ...request, storage: signing }];
    const { value, failure } = await page.evaluate(([name, whole]) => window.ours[name](whole), asked);
    if (failure !== undefined) throw Object.assign(new Error(), failure);
    return value;
  };
  const close = async () => {
    await browser.close();
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { read: use("read"), write: use("write"), reEncrypt: use("reEncrypt"), remove: use("remove"), close };
}
