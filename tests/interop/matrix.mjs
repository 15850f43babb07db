/** What is tested with whom: every cell of peer × keyring × format × place of the metadata × direction × size. */

const MIB = 1024 * 1024;

/** Nothing, less than a block of the cipher, a block, more than our segment of 512 KiB, and more than a part. */
export const SIZES = [0, 1, 16, MIB + 5, 20 * MIB];

/** The size that goes in parts of 5 MiB where the writer has parts. */
export const MULTIPART_SIZE = 20 * MIB;

const ALL = ["aes", "rsa", "kms"];

/**
 * AWS's clients. `writes` and `reads` are what each can do of what concerns us: by format, its keyrings.
 * `instructionFiles` are written and found by clients that know them. `parts` says whether it
 * uploads in parts.
 */
export const PEERS = {
  java: {
    title: "Java",
    client: "amazon-s3-encryption-client-java",
    writes: { V2: ALL, V3: ALL },
    reads: { V2: ALL, V3: ALL },
    instructionFiles: { writes: { V2: ALL, V3: ALL }, reads: { V2: ALL, V3: ALL } },
    parts: true,
  },
  python: {
    title: "Python",
    client: "amazon-s3-encryption-client-python",
    writes: { V2: ["kms"], V3: ["kms"] },
    reads: { V2: ["kms"], V3: ["kms"] },
    instructionFiles: { writes: {}, reads: { V2: ["kms"], V3: ["kms"] } },
    parts: true,
  },
  go: {
    title: "Go",
    client: "amazon-s3-encryption-client-go",
    writes: { V2: ["kms"], V3: ["kms"] },
    reads: { V2: ["kms"], V3: ["kms"] },
    // It knows none.
    instructionFiles: { writes: {}, reads: {} },
    parts: false,
  },
  ruby: {
    title: "Ruby",
    client: "aws-sdk-s3 (Ruby)",
    writes: { V1: ALL, V2: ALL },
    reads: { V2: ALL },
    instructionFiles: { writes: { V1: ALL, V2: ALL }, reads: { V2: ALL } },
    parts: false,
  },
};

/** Cells that there cannot be, and why. */
export const CANNOT_BE = [
  "V1 is not written by us (nobody should), and of these clients by Ruby's alone.",
  "V3 is not known to the version of Ruby's client that Debian has.",
  "AES and RSA keyrings are not in the clients for Python and Go.",
  "Instruction files are not known to Go's client, and not written by Python's.",
  "Python's and Go's clients do not re-encrypt instruction files; Ruby's neither does that nor deletes. Java's wraps anew for AES and RSA keyrings only, and adds a reader under RSA only, as ours does.",
];

/**
 * @typedef {{
 *   peer: keyof typeof PEERS,
 *   keyring: "aes" | "rsa" | "kms",
 *   format: "V1" | "V2" | "V3",
 *   place: "metadata" | "instruction file",
 *   direction: "read" | "write",
 *   runtime: "Node" | "Chromium",
 *   size: number,
 * }} Cell `direction` is ours: we read what the peer wrote, or write what it reads
 */

/** @returns {Cell[]} all cells, first those in Node, then those in Chromium */
export function allCells() {
  const peers = Object.keys(PEERS);
  return [
    ...peers.flatMap((peer) => cellsIn("Node", peer, SIZES)),
    ...peers.flatMap((peer) => cellsIn("Chromium", peer, SIZES)),
  ];
}

function cellsIn(runtime, peer, sizes) {
  const { writes, reads, instructionFiles } = PEERS[peer];
  return [
    ...rows(writes, { peer, runtime, place: "metadata", direction: "read" }, sizes),
    ...rows(reads, { peer, runtime, place: "metadata", direction: "write" }, sizes),
    ...rows(instructionFiles.writes, { peer, runtime, place: "instruction file", direction: "read" }, sizes),
    ...rows(instructionFiles.reads, { peer, runtime, place: "instruction file", direction: "write" }, sizes),
  ];
}

function rows(keyringsOfFormat, fixed, sizes) {
  return Object.entries(keyringsOfFormat).flatMap(([format, keyrings]) =>
    keyrings.flatMap((keyring) => sizes.map((size) => ({ ...fixed, format, keyring, size }))),
  );
}

/** A size as people say it. */
export function nameOf(size) {
  const [whole, rest] = [Math.floor(size / MIB), size % MIB];
  if (whole === 0) return `${size} B`;
  return `${whole} MiB${rest > 0 ? ` + ${rest}` : ""}`;
}
