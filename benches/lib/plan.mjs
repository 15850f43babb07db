/** What is measured: who, doing what, with how many bytes. */

import { rounded } from "./statistics.mjs";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/**
 * @typedef {object} Contender
 * @property {string} peer the name of its file in page/peers/
 * @property {string} [variant]
 * @property {boolean} streams whether its memory need not grow with the length of the content
 */

/** The peer that is this project. */
export const TOOLKIT = "s3-envelope";

/** @type {Contender[]} */
export const CONTENDERS = [
  ...["auto", "kept", "subtle-0w", "subtle-1w", "subtle-2w", "rust"].map((variant) => ({
    peer: TOOLKIT,
    variant,
    streams: true,
  })),
  { peer: "subtlecrypto-oneshot", streams: false },
  { peer: "subtlecrypto-segments", streams: true },
  { peer: "subtlecrypto-segments", variant: "kept", streams: true },
  { peer: "libsodium-secretstream", streams: true },
  { peer: "encrypt-web-streams", streams: true },
  { peer: "noble-aes-gcm", streams: false },
  { peer: "age-encryption", streams: true },
  { peer: "openpgp", streams: true },
  { peer: "aws-crypto-client-browser", streams: false },
];

/** What only the toolkit is watched doing. */
export const WATCHED_ALONE = [
  // Chunks that whoever made the stream may still hold, which nobody else can give back.
  { peer: TOOLKIT, variant: "other-stream", streams: true, operation: "encrypt" },
  // What can be read only once is kept until it is authenticated: on disk, where it is long.
  { peer: TOOLKIT, variant: "spooled", streams: true, operation: "decrypt" },
];

/** The names of all peers, the toolkit first. */
export const PEERS = [...new Set(CONTENDERS.map(({ peer }) => peer))];

/** What others are compared with: what pages do without a library, and what nothing in segments can exceed. */
export const REFERENCES = { oneshot: "subtlecrypto-oneshot", ceiling: "subtlecrypto-segments" };

/** The lengths that are timed. `repeats` makes short operations long enough for the browser's clock. */
const LENGTHS = [
  { bytes: 64 * KIB, repeats: 64 },
  { bytes: MIB, repeats: 8 },
  { bytes: 64 * MIB, repeats: 1 },
  { bytes: 512 * MIB, repeats: 1, isLong: true },
];

/** Slower than this at `PREDICTED_FROM`, a peer is left out where content is longer, with that as the reason. */
const SLOW_MBPS = 50;
export const PREDICTED_FROM = 64 * MIB;

/** The lengths at which memory is watched: what streams is given both, what does not only the first. */
export const MEMORY_BYTES = 64 * MIB;
export const STREAM_BYTES = 4 * GIB;
/** In between, for the toolkit alone: its memory is not to grow from here on. */
export const GROWN_BYTES = GIB;
/** The lengths at which content is only streamed while memory is watched. */
export const WATCHED_BYTES = [GROWN_BYTES, STREAM_BYTES];
/** How often memory is watched where it is not to grow, unless that takes too long: what a collector leaves varies. */
const GROWTH_RUNS = 3;

/**
 * A length as it stands in the names of cases.
 *
 * @param {number} bytes
 */
export function label(bytes) {
  const [unit, name] = bytes >= GIB ? [GIB, "GiB"] : bytes >= MIB ? [MIB, "MiB"] : [KIB, "KiB"];
  return `${bytes / unit}${name}`;
}

/** @typedef {Contender & { operation: "encrypt" | "decrypt", bytes: number, name: string }} Case */

/**
 * The cases that are timed in one page, in groups of the same length and operation: members of a group take turns.
 *
 * @param {{ quick: boolean, only?: RegExp }} options
 * @returns {{ repeats: number, isLong: boolean, cases: Case[] }[]}
 */
export function timedGroups({ quick, only }) {
  const lengths = LENGTHS.filter(({ isLong }) => !(quick && isLong));
  return lengths
    .flatMap(({ bytes, repeats, isLong = false }) =>
      ["encrypt", "decrypt"].map((operation) => ({ repeats, isLong, cases: casesOf({ operation, bytes, only }) })),
    )
    .filter(({ cases }) => cases.length > 0);
}

/**
 * The cases whose memory is watched, each in a page of its own.
 *
 * @param {{ quick: boolean, only?: RegExp }} options
 * @returns {(Case & { streamed: boolean, runs: number })[]}
 */
export function memoryCases({ quick, only }) {
  const encrypt = casesOf({ operation: "encrypt", bytes: MEMORY_BYTES, only });
  const decrypt = casesOf({ operation: "decrypt", bytes: MEMORY_BYTES, only });
  const grown = casesOf({ operation: "encrypt", bytes: GROWN_BYTES, only }).filter(({ peer }) => peer === TOOLKIT);
  const long = casesOf({ operation: "encrypt", bytes: STREAM_BYTES, only }).filter(({ streams }) => streams);
  const alone = (bytes) => casesOf({ bytes, only, contenders: WATCHED_ALONE });
  const growing = [...grown, ...long, ...alone(GROWN_BYTES), ...alone(STREAM_BYTES)];
  return [
    ...encrypt.map((one) => ({ ...one, streamed: one.streams, runs: 1 })),
    ...decrypt.map((one) => ({ ...one, streamed: false, runs: 1 })),
    ...alone(MEMORY_BYTES).map((one) => ({ ...one, streamed: true, runs: 1 })),
    ...(quick ? [] : growing).map((one) => ({ ...one, streamed: true, runs: one.peer === TOOLKIT ? GROWTH_RUNS : 1 })),
  ];
}

/**
 * Leaves out, and names, the peers whose speed with shorter content says that long content would take minutes.
 *
 * @template {Case} T
 * @param {T[]} cases
 * @param {import("./timing.mjs").Result[]} results what is known by now
 * @returns {{ fit: T[], skipped: import("./timing.mjs").Result[] }}
 */
export function withoutSlow(cases, results) {
  const before = ({ name, bytes }) =>
    results.find((result) => result.name === name.replace(label(bytes), label(PREDICTED_FROM)))?.MBps ?? Infinity;
  const isSlow = (one) => one.peer !== TOOLKIT && one.bytes > PREDICTED_FROM && before(one) < SLOW_MBPS;
  const skipped = cases.filter(isSlow).map((one) => ({
    name: one.name,
    bytes: one.bytes,
    skipped: `slow: ${rounded(before(one))} MB/s with ${label(PREDICTED_FROM)}, under ${SLOW_MBPS}`,
  }));
  return { fit: cases.filter((one) => !isSlow(one)), skipped };
}

function casesOf({ operation, bytes, only = /(?:)/, contenders = CONTENDERS }) {
  return contenders
    .map((contender) => ({ operation, ...contender, bytes }))
    .map((one) => ({ ...one, name: nameOf(one) }))
    .filter(({ name }) => only.test(name));
}

/**
 * The name of a case.
 *
 * @param {Omit<Case, "name" | "streams">} one
 */
export const nameOf = ({ peer, operation, variant, bytes }) =>
  [peer, operation, variant, label(bytes)].filter(Boolean).join("/");
