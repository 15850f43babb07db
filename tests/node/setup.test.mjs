/** What setting up looks for on the machine, and what it says where that is missing. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { checkNode } from "../../scripts/lib/node.mjs";

test("a Node that the tools do not run on is refused", () => {
  for (const version of ["20.19.0", "20.20.1", "22.13.0", "24.0.0", "25.1.0"]) checkNode(version);
  for (const version of ["18.20.0", "20.18.3", "21.7.0", "22.12.0", "23.11.0"]) {
    assert.throws(() => checkNode(version), new RegExp(`20\\.19, 22\\.13, 24 or later .*this is ${version}`));
  }
});
