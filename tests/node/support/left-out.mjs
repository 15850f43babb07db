/** A test that runs, one that the system has nothing for, and two that could have run: for counts.test.mjs to have run. */

import { test } from "node:test";

import { ELSEWHERE } from "../../../scripts/lib/counts.mjs";

test("runs", () => undefined);
test("cannot run", { skip: `${ELSEWHERE}nothing is like it` }, () => undefined);
test("lacks a client", { skip: "the client is not installed" }, () => undefined);
test("has no reason", { skip: true }, () => undefined);
