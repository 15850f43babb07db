/** A test with another within, and two that together take longer than a test may: for limits.test.mjs to have run. */

import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

test("has another within", (outer) => outer.test("ends", () => undefined));

for (const name of ["takes a while", "takes as long"]) test(name, () => sleep(1200));
