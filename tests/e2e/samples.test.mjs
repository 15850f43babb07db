/** What docs/ has to copy for pages does in a browser what it says. */

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { script } from "../node/support/samples.mjs";
import { PackagePage } from "./support/package-page.mjs";

/** What stands for `node:assert` where the sample of a test runs in a page. */
const ASSERT = `
  const check = (holds) => { if (!holds) throw new Error("not as the sample says"); };
  const same = (left, right) => check(JSON.stringify(left) === JSON.stringify(right));
  export default { ok: check, equal: same, deepEqual: same };
`;
const SCRIPTS = {
  "/browser-key.js": script("export async function keyringOfThisBrowser("),
  "/storage-test.js": script("openStorage()"),
  "/assert.js": ASSERT,
};

let browser;

before(async () => (browser = await PackagePage.open()));

after(() => browser.close());
afterEach(() => browser.faults.assertNone());

/** A page to which samples are served, with the package by its own name. */
async function pageWithSamples() {
  const page = await browser.page();
  for (const [path, text] of Object.entries(SCRIPTS)) {
    const body = text
      .replaceAll('"s3-envelope"', '"/dist/index.js"')
      .replaceAll('"s3-envelope/testing"', '"/dist/testing.js"')
      .replaceAll('"node:assert/strict"', '"/assert.js"');
    await page.route(`**${path}`, (route) => route.fulfill({ contentType: "text/javascript", body }));
  }
  return page;
}

test("a browser's own key is the same after a reload and in every tab, and no script can take it", async () => {
  const [first, second] = [await pageWithSamples(), await pageWithSamples()];
  const written = await Promise.all(
    [first, second].map((page) =>
      page.evaluate(async () => {
        const [{ keyringOfThisBrowser }, { encryptObject }] = await Promise.all(
          ["/browser-key.js", "/dist/index.js"].map((path) => import(path)),
        );
        const { body, metadata } = await encryptObject(new Uint8Array([1, 2, 3]), {
          keyring: await keyringOfThisBrowser(),
        });
        return { bytes: [...new Uint8Array(await new Response(body).arrayBuffer())], metadata };
      }),
    ),
  );
  await first.reload();
  const read = await first.evaluate(async (objects) => {
    const [{ keyringOfThisBrowser }, { decryptObject }] = await Promise.all(
      ["/browser-key.js", "/dist/index.js"].map((path) => import(path)),
    );
    const keyring = await keyringOfThisBrowser();
    const contents = objects.map(async ({ bytes, metadata }) => {
      const content = await decryptObject({ body: new Uint8Array(bytes), metadata }, { keyring });
      return [...new Uint8Array(await new Response(content).arrayBuffer())];
    });
    let exported;
    try {
      keyring.exportKey();
    } catch (error) {
      exported = error.code;
    }
    return [...(await Promise.all(contents)), exported];
  }, written);
  assert.deepEqual(read, [[1, 2, 3], [1, 2, 3], "INVALID_INPUT"]);
});

test("the sample of the storage for tests runs in a page, which fetches its own files meanwhile", async () => {
  const page = await pageWithSamples();
  await page.evaluate(() => import("/storage-test.js"));
});
