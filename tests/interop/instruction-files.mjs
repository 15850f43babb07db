/** What is done with instruction files once they are there: rotation, a further reader, deletion; by either side. */

import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { PEERS } from "./matrix.mjs";
import { contentOf, digestOf } from "./ours.js";
import { otherKeyring } from "./support/keyrings.mjs";

/**
 * Who can do what, beside us. Python's and Go's clients delete; Ruby's two do nothing of it; Java's does all of it, for its
 * keyrings whose key is at hand.
 */
const PEERS_DO = {
  java: { rotates: ["aes", "rsa"], "adds a reader": ["rsa"], deletes: ["aes"] },
  python: { rotates: [], "adds a reader": [], deletes: ["kms"] },
  go: { rotates: [], "adds a reader": [], deletes: ["kms"] },
};

/**
 * @typedef {{
 *   deed: keyof typeof DEEDS, by: "peer" | "ours", peer: string, runtime: "Node" | "Chromium", format: string,
 *   keyring: string,
 * }} Deed `peer` writes or reads the object where it does not do the deed itself
 */

/** @returns {Deed[]} */
export function allDeeds() {
  return Object.entries(PEERS_DO).flatMap(([peer, deeds]) =>
    Object.entries(deeds).flatMap(([deed, keyrings]) =>
      keyrings.flatMap((keyring) =>
        ["V2", "V3"].flatMap((format) => [
          { deed, by: "peer", peer, runtime: "Node", format, keyring },
          { deed, by: "ours", peer, runtime: "Node", format, keyring },
          { deed, by: "ours", peer, runtime: "Chromium", format, keyring },
        ]),
      ),
    ),
  );
}

export function titleOf({ deed, by, peer, runtime, format, keyring }) {
  const [who, other] = by === "peer" ? [PEERS[peer].title, runtime] : [runtime, PEERS[peer].title];
  return `${who} ${deed}, ${other} looks on: ${format}, ${keyring.toUpperCase()}, instruction file`;
}

/** A peer with the verbs of our side. */
export function sideOf(peer, folder) {
  const file = join(folder, "deed");
  return {
    async write(request) {
      writeFileSync(file, contentOf(request.length, request.seed));
      await peer.do({ op: "put", ...request, file });
    },
    async read(request) {
      rmSync(file, { force: true });
      await peer.do({ op: "get", ...request, file });
      return digestOf(readFileSync(file));
    },
    reEncrypt: (request) => peer.do({ op: "reEncrypt", ...request }),
    remove: (request) => peer.do({ op: "delete", ...request }),
  };
}

export const DEEDS = {
  /** The wrapping key is replaced: the new one reads, and the old one does not, under its own description or the new one. */
  async rotates({ by }, request, sides) {
    const { doer, digest } = await begin(by, request, sides);
    const newKeyring = otherKeyring(request.keyring.kind);
    await doer.reEncrypt({ ...request, newKeyring });
    const { description } = newKeyring;
    const disguised = { ...request, keyring: { ...request.keyring, description } };
    for (const side of [sides.ours, sides.theirs]) {
      assert.equal(await side.read({ ...request, keyring: newKeyring }), digest);
    }
    await assert.rejects(sides.ours.read(request), { code: "MATERIALS_DESCRIPTION_MISMATCH" });
    await assert.rejects(sides.ours.read(disguised), { code: "WRONG_KEY" });
    // Java's client looks at no description.
    await assert.rejects(sides.theirs.read(request), { name: "PeerError", message: /: Unable to \S+ unwrap / });
  },
  /** A second reader gets a file under a suffix of its own: both read. */
  async "adds a reader"({ by }, request, sides) {
    const { doer, digest } = await begin(by, request, sides);
    const newKeyring = otherKeyring(request.keyring.kind);
    // AWS's client for Java puts the full stop before it by itself.
    await doer.reEncrypt({ ...request, newKeyring, suffix: by === "peer" ? "reader-2" : ".reader-2" });
    for (const side of [sides.ours, sides.theirs]) {
      assert.equal(await side.read({ ...request, keyring: newKeyring, suffix: ".reader-2" }), digest);
      assert.equal(await side.read(request), digest);
    }
  },
  /** The file goes with the object. */
  async deletes({ by }, request, sides) {
    // Ours writes it, whoever deletes it: Python's client writes no instruction files.
    await sides.ours.write(request);
    const doer = by === "peer" ? sides.theirs : sides.ours;
    assert.notEqual(await sides.storage.stored(`${request.key}.instruction`), undefined);
    await doer.remove(request);
    for (const suffix of ["", ".instruction"]) {
      assert.equal(await sides.storage.stored(request.key + suffix), undefined, suffix);
    }
  },
};

/** The object, written by the side that does nothing else with it. */
async function begin(by, request, { ours, theirs }) {
  const [doer, other] = by === "peer" ? [theirs, ours] : [ours, theirs];
  await other.write(request);
  return { doer, digest: await digestOf(contentOf(request.length, request.seed)) };
}
