/** A test that ends, and one that never does: for limits.test.mjs to have run. */

import { test } from "node:test";

test("ends", () => undefined);

test("never ends", async () => {
  await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
});
