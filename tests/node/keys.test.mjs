/** What docs/keys.md says to copy does what it says: keys come back from backups, are changed and shared. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { AesKeyring, decryptObject, download, encryptObject, PassphraseKeyring, upload } from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";
import { open } from "./support/one-object.mjs";
import { SampleFolder } from "./support/samples.mjs";

const CONTENT = randomBytes(1000);
const CHEAP = { memoryKib: 64, iterations: 1, parallelism: 1 };
const named = (key) => ({ materialsDescription: { key } });
const readBy = async (keyring, more) => collect((await download({ presign, keyring, ...more })).body);

let folder;
let presign;

before(async () => {
  folder = new SampleFolder();
  ({ presign } = await open());
});

after(() => folder.remove());

test("a key comes back from its backup, and no copy is left behind", async () => {
  const { keyringWithBackup, keyringFromBackup } = await folder.run("export async function keyringWithBackup(");
  let backup;
  let shown;
  const keyring = await keyringWithBackup("2026", async (bytes) => {
    shown = bytes;
    backup = bytes.slice();
  });
  const { body, metadata } = await encryptObject(CONTENT, { keyring });
  const stored = { body: await collect(body), metadata };
  assert.match(JSON.stringify(metadata), /2026/);
  const again = await keyringFromBackup("2026", backup);
  assert.deepEqual(await collect(await decryptObject(stored, { keyring: again })), CONTENT);
  assert.throws(() => again.exportKey(), { code: "INVALID_INPUT" });
  for (const bytes of [shown, backup]) assert.deepEqual(bytes, new Uint8Array(32));
});

for (const [how, keyrings] of [
  [
    "to another of its kind",
    async () => [await AesKeyring.generate(named("old")), await AesKeyring.generate(named("new"))],
  ],
  ["to a passphrase", async () => [await AesKeyring.generate(named("old")), new PassphraseKeyring("six words", CHEAP)]],
  [
    "no passphrase any more",
    async () => [new PassphraseKeyring("six words", CHEAP), await AesKeyring.generate(named("new"))],
  ],
]) {
  test(`keys are changed while objects are read and written, ${how}`, async () => {
    const { duringTheChange, change } = await folder.run("export function duringTheChange(");
    const [before, after] = await keyrings();
    const both = duringTheChange(after, before);
    await upload(CONTENT, { presign, keyring: before, instructionFile: true });
    assert.deepEqual(await readBy(both), CONTENT);
    assert.equal(await change(presign, after, before), true);
    assert.equal(await change(presign, after, before), false);
    for (const keyring of [both, after]) assert.deepEqual(await readBy(keyring), CONTENT);
    await assert.rejects(readBy(before), { name: "EnvelopeError" });
    await upload(CONTENT, { presign, keyring: both, instructionFile: true });
    assert.deepEqual(await readBy(after), CONTENT);
  });
}

test("an object whose key is in its own metadata is not changed, as the document says", async () => {
  const { change } = await folder.run("export function duringTheChange(");
  const [before, after] = [await AesKeyring.generate(named("old")), await AesKeyring.generate(named("new"))];
  await upload(CONTENT, { presign, keyring: before });
  await assert.rejects(change(presign, after, before), { code: "INVALID_INPUT" });
});

test("keys without a description cannot follow each other, as the document says", async () => {
  const { change } = await folder.run("export function duringTheChange(");
  const before = await AesKeyring.generate();
  await upload(CONTENT, { presign, keyring: before, instructionFile: true });
  const code = "MATERIALS_DESCRIPTION_UNCHANGED";
  await assert.rejects(change(presign, await AesKeyring.generate(), before), { code });
});

test("an object is shared with a reader whose private key nobody sees", async () => {
  const { readersPair, readersKeyring, share } = await folder.run("export async function readersPair(");
  const owner = await AesKeyring.generate(named("owner"));
  await upload(CONTENT, { presign, keyring: owner, instructionFile: true });
  const pair = await readersPair();
  assert.equal(pair.privateKey.extractable, false);
  await share(presign, owner, "Ada", pair.publicKey);
  const reader = await readersKeyring("Ada", pair);
  assert.deepEqual(await readBy(reader, { instructionFileSuffix: ".reader-2" }), CONTENT);
  assert.deepEqual(await readBy(owner), CONTENT);
  const stranger = await readersKeyring("Ada", await readersPair());
  await assert.rejects(readBy(stranger, { instructionFileSuffix: ".reader-2" }), { code: "WRONG_KEY" });
});
