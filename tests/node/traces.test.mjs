/** Which folders would tell about the machine that built something. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ELSEWHERE } from "../../scripts/lib/counts.mjs";
import { foldersOf } from "../../scripts/lib/traces.mjs";

test(
  "a folder right below the root tells nothing, unless it is root's home",
  { skip: process.platform === "win32" && `${ELSEWHERE}Windows has other paths` },
  () => {
    assert.deepEqual(foldersOf("/srv/me/s3-envelope/", "/srv/me"), ["/srv/me/s3-envelope/", "/srv/me/"]);
    assert.deepEqual(foldersOf("/app/s3-envelope/", "/app"), ["/app/s3-envelope/"]);
    assert.deepEqual(foldersOf("/src/", "/root"), ["/root/"]);
    assert.deepEqual(foldersOf("/src/", "/"), []);
  },
);
