/** AWS's JavaScript SDK in Node, against the native server. */

import { after, before } from "node:test";

import { CREDENTIALS, KMS_KEY, Storage } from "../interop/support/storage.mjs";
import { ownEnvironment } from "../support/own-environment.mjs";
import { rows } from "./rows.mjs";
import { Side } from "./table.mjs";

let storage;
let side;

before(async () => {
  // The SDK reads what it was not told of from here.
  process.env = ownEnvironment();
  storage = await Storage.start("--sse-c-default", "allowed");
  const client = { endpoint: storage.endpoint, credentials: CREDENTIALS };
  side = new Side({ s3: { ...client, forcePathStyle: true }, kms: client, kmsKey: KMS_KEY });
  await side.start();
});

after(() => storage?.stop());

rows("Node", (row, mode) => side[row](mode));
