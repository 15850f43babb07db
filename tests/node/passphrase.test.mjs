/** The passphrase keyring of the built package. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { AesKeyring, decryptObject, encryptObject, PassphraseKeyring } from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";

const CHEAP = { memoryKib: 64, iterations: 1, parallelism: 1 };
const PLAINTEXT = randomBytes(100);

async function encrypted(keyring) {
  const object = await encryptObject(PLAINTEXT, { keyring });
  return { ...object, body: await collect(object.body) };
}
const decrypted = async (object, keyring) => collect(await decryptObject(object, { keyring }));

test("another keyring over the same passphrase reads what one wrote, in any spelling of its characters", async () => {
  const object = await encrypted(new PassphraseKeyring("gr\u00fcn", CHEAP));
  assert.deepEqual(await decrypted(object, new PassphraseKeyring("gru\u0308n")), PLAINTEXT);
  await assert.rejects(decrypted(object, new PassphraseKeyring("gr\u00fcm")), { code: "WRONG_KEY" });
});

test("the default parameters are RFC 9106's, and each keyring has a salt of its own", async () => {
  const objects = await Promise.all([1, 2].map(() => encrypted(new PassphraseKeyring("one"))));
  const [one, two] = objects.map(({ metadata }) => JSON.parse(metadata["x-amz-m"]));
  assert.deepEqual([one["kdf-memory-kib"], one["kdf-iterations"], one["kdf-parallelism"]], ["65536", "3", "4"]);
  assert.notEqual(one["kdf-salt"], two["kdf-salt"]);
  assert.deepEqual(await decrypted(objects[0], new PassphraseKeyring("one")), PLAINTEXT);
});

test("an object whose salt and cost are known is an ordinary AES keyring's to whoever derives the key", async () => {
  const object = await encrypted(new PassphraseKeyring("correct horse", CHEAP));
  // What the C reference implementation derives for this passphrase, cost, and the salt 0123456789abcdef.
  const key = Buffer.from("32364fd7ed54f4951b0d6bc3bed2f212c66235738a114c5f8ba3b6a1ee3abb10", "hex");
  const materialsDescription = {
    ...JSON.parse(object.metadata["x-amz-m"]),
    "kdf-salt": Buffer.from("0123456789abcdef").toString("base64"),
  };
  const written = await encrypted(await AesKeyring.fromBytes(key, { materialsDescription }));
  assert.deepEqual(await decrypted(written, new PassphraseKeyring("correct horse")), PLAINTEXT);
});

test("an option that is undefined is one that was not given", async () => {
  const object = await encrypted(new PassphraseKeyring("one", { ...CHEAP, iterations: undefined }));
  assert.equal(JSON.parse(object.metadata["x-amz-m"])["kdf-iterations"], "3");
});

test("descriptions that are none, or cost too much, are refused", async () => {
  const object = await encrypted(new PassphraseKeyring("one", CHEAP));
  const description = JSON.parse(object.metadata["x-amz-m"]);
  for (const change of [
    { "kdf-salt": "AAAA" },
    { "kdf-salt": "!" },
    { "kdf-memory-kib": "4194304" },
    { "kdf-memory-kib": "064" },
    { "kdf-iterations": "1000" },
    { "kdf-parallelism": "0" },
  ]) {
    const metadata = { ...object.metadata, "x-amz-m": JSON.stringify({ ...description, ...change }) };
    const reading = decrypted({ ...object, metadata }, new PassphraseKeyring("one"));
    await assert.rejects(reading, { code: "PASSPHRASE_PARAMETERS_INVALID" }, JSON.stringify(change));
  }
  const others = { ...object.metadata, "x-amz-m": JSON.stringify({ ...description, kdf: "scrypt" }) };
  const plain = await encrypted(await AesKeyring.generate());
  for (const foreign of [{ ...object, metadata: others }, plain]) {
    await assert.rejects(decrypted(foreign, new PassphraseKeyring("one")), { code: "KEYRING_MISMATCH" });
  }
  assert.throws(() => new PassphraseKeyring(""), { code: "INVALID_INPUT" });
});

test("a keyring that was disposed of derives nothing, neither for who waits nor afterwards", async () => {
  const keyring = new PassphraseKeyring("one", CHEAP);
  const waiting = encrypted(keyring);
  keyring.dispose();
  for (const attempt of [waiting, encrypted(keyring)]) {
    await assert.rejects(attempt, { code: "INVALID_INPUT", message: /disposed of/ });
  }
});
