/** Small objects of each client, kept in tests/vectors/s3ec so that they are read where the clients are not. */

import { constants, createPrivateKey, privateDecrypt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { PEERS } from "../matrix.mjs";
import { keyringFor, otherKeyring } from "./keyrings.mjs";
import { KMS_KEY } from "./storage.mjs";

const FOLDER = new URL("../../vectors/s3ec/", import.meta.url);
/** Empty, one block, and neither. */
const PLAINTEXTS = ["", "0123456789abcdef", "The quick brown fox jumps over the lazy dog"];

/**
 * Has a client write small objects of every kind that it can, and keeps them in a file of its name.
 *
 * @param {string} name
 * @param {string} version
 * @param {import("./peer.mjs").Peer} peer
 * @param {{ storage: import("./storage.mjs").Storage, folder: string, context: Record<string, string> }} where
 */
export async function record(name, version, peer, where) {
  const { writes, instructionFiles } = PEERS[name];
  const kinds = [...kindsOf(writes, false), ...kindsOf(instructionFiles.writes, true)];
  const objects = [];
  for (const kind of kinds) {
    for (const plaintext of PLAINTEXTS) objects.push(await recorded(peer, kind, plaintext, where));
  }
  const rotations =
    name === "java" ? kinds.filter(({ instructionFile, keyring }) => instructionFile && keyring !== "kms") : [];
  for (const kind of rotations) objects.push(await recorded(peer, { ...kind, rotated: true }, PLAINTEXTS[2], where));
  const client = `${PEERS[name].client} ${version}`;
  writeFileSync(new URL(`${name}.json`, FOLDER), `${JSON.stringify({ client, objects }, undefined, 1)}\n`);
}

function kindsOf(keyringsOfFormat, instructionFile) {
  return Object.entries(keyringsOfFormat).flatMap(([format, keyrings]) =>
    keyrings.map((keyring) => ({ format, keyring, instructionFile })),
  );
}

async function recorded(peer, { format, keyring, instructionFile, rotated }, plaintext, { storage, folder, context }) {
  const file = join(folder, "recorded");
  const [bucket, key] = [storage.bucket, "recorded"];
  writeFileSync(file, plaintext);
  const own = { keyring: keyringFor(keyring, KMS_KEY), context: keyring === "kms" ? context : {} };
  await peer.do({ op: "put", bucket, key, file, format, instructionFile, ...own });
  const newKeyring = rotated ? otherKeyring(keyring) : undefined;
  if (rotated) await peer.do({ op: "reEncrypt", bucket, key, format, instructionFile, ...own, newKeyring });
  const { metadata, body } = await storage.stored(key);
  const instructions = instructionFile ? (await storage.stored(`${key}.instruction`)).body.toString() : undefined;
  const entries = instructions === undefined ? metadata : JSON.parse(instructions);
  const dataKey = await dataKeyOf({ format, keyring: newKeyring ?? own.keyring }, entries, storage);
  return {
    format,
    keyring,
    rotated,
    plaintext,
    metadata,
    instructionFile: instructions,
    dataKey,
    body: body.toString("base64"),
  };
}

/** The data key, where others than our reader can tell it. */
async function dataKeyOf({ format, keyring }, entries, storage) {
  if (keyring.kind === "kms") return decryptedByKms(storage, entries);
  if (keyring.kind === "rsa" && format !== "V1") return decryptedByRsa(keyring, entries);
  return undefined;
}

/** By OpenSSL: the key's length, the key, the algorithm that it is for. */
function decryptedByRsa({ privateKey }, entries) {
  const key = createPrivateKey({ key: Buffer.from(privateKey, "base64"), format: "der", type: "pkcs8" });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const wrapped = Buffer.from(entries["x-amz-3"] ?? entries["x-amz-key-v2"], "base64");
  return privateDecrypt({ key, padding, oaepHash: "sha1" }, wrapped).subarray(1, 33).toString("base64");
}

/** The key that the KMS would give a reader: it is gone with the storage that wrapped it. */
async function decryptedByKms(storage, entries) {
  const CiphertextBlob = entries["x-amz-3"] ?? entries["x-amz-key-v2"];
  const EncryptionContext = JSON.parse(entries["x-amz-t"] ?? entries["x-amz-matdesc"]);
  return (await storage.kms("Decrypt", { CiphertextBlob, EncryptionContext })).Plaintext;
}
