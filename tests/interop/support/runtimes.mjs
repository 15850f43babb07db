/** Where our side runs: in this Node, and in a real browser. */

import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import * as toolkit from "../../../dist/node.js";
import { launchChromium } from "../../../scripts/lib/browser.mjs";
import { ROOT } from "../../../scripts/lib/run.mjs";
import { CONTENT_SECURITY_POLICY, serve } from "../../../scripts/serve.mjs";
import { Faults } from "../../support/faults.mjs";
import { Resources } from "../../support/resources.mjs";
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
  };
}

/** The package in a page of Chromium, which finds the storage at the host that the page's policy allows. */
export function inChromium(storage) {
  return Resources.opening((resources) => openedInChromium(storage, resources));
}

async function openedInChromium(storage, resources) {
  const folder = resources.folder();
  cpSync(join(ROOT, "tests/interop/page"), folder, { recursive: true });
  cpSync(join(ROOT, "tests/interop/ours.js"), join(folder, "ours.js"));
  symlinkSync(join(ROOT, "dist"), join(folder, "dist"), "junction");
  // The page's icon is empty.
  const policy = `${CONTENT_SECURITY_POLICY}; img-src data:`;
  const site = resources.add(await serve({ folder, policy }), (served) => served.close());
  const flags = [`--host-resolver-rules=MAP *.storage.test:80 ${storage.host}`];
  const browser = resources.add(await launchChromium({ flags }), (launched) => launched.close());
  const faults = new Faults();
  await faults.watch(browser);
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
  return {
    read: use("read"),
    write: use("write"),
    reEncrypt: use("reEncrypt"),
    remove: use("remove"),
    assertNoFaults: () => faults.assertNone(),
    close: () => resources.close(),
  };
}
