/** Tables of results, as rows of text: for the console and for the report alike. */

import {
  CONTENDERS,
  GROWN_BYTES,
  label,
  MEMORY_BYTES,
  nameOf,
  PREDICTED_FROM,
  STREAM_BYTES,
  TOOLKIT,
  WATCHED_ALONE,
  WATCHED_BYTES,
} from "./plan.mjs";
import { partsOf } from "./results.mjs";

const NONE = "–";

/** @typedef {{ title: string, note: string, head: string[], rows: string[][] }} Table */

/**
 * All tables that have something in them.
 *
 * @param {import("./results.mjs").Results} results
 * @returns {Table[]}
 */
export function tablesOf(results) {
  const tables = [
    speeds(results, "encrypt", "Encryption"),
    speeds(results, "decrypt", "Decryption"),
    streams(results),
    files(results),
    memory(results),
    firstBytes(results),
    weights(results),
  ];
  return tables.filter(({ rows }) => rows.some((row) => row.slice(1).some((cell) => cell !== NONE)));
}

/**
 * The toolkit beside the browser's own one-shot AES-GCM, browser by browser.
 *
 * @param {import("./results.mjs").Results[]} runs
 * @returns {Table}
 */
export function acrossBrowsers(runs) {
  const columns = ["encrypt", "decrypt"].map((operation) => ({ operation, bytes: PREDICTED_FROM }));
  const ratio = (run, contender, { operation, bytes }) =>
    times(caseOf(run, contender, operation, bytes)?.ratios?.oneshot);
  const ours = CONTENDERS.filter(({ peer }) => peer === TOOLKIT);
  return {
    title: "Across browsers",
    note: `Times the speed of the same browser's one-shot SubtleCrypto, ${label(PREDICTED_FROM)} in memory.`,
    head: ["", ...runs.flatMap(({ browser }) => columns.map(({ operation }) => `${browser}, ${operation}`))],
    rows: ours.map((contender) => [
      titleOf(contender),
      ...runs.flatMap((run) => columns.map((column) => ratio(run, contender, column))),
    ]),
  };
}

/**
 * What was asked for and not measured, in sentences.
 *
 * @param {import("./results.mjs").Results} results
 */
export function omissionsOf({ cases, notRun }) {
  return [
    ...cases.filter(({ skipped }) => skipped !== undefined).map(({ name, skipped }) => `${name}: not run, ${skipped}`),
    ...cases
      .filter(({ memorySkipped }) => memorySkipped !== undefined)
      .map(({ name, memorySkipped }) => `memory of ${name}: not run, ${memorySkipped}`),
    ...notRun.map(({ browser, reason }) => `${browser}: not run, ${reason}`),
  ];
}

/** The name of a contender as it stands in tables. */
export const titleOf = ({ peer, variant }) => [peer, variant].filter(Boolean).join(" ");

/**
 * What is known of a contender's case.
 *
 * @param {import("./results.mjs").Results} results
 * @param {{ peer: string, variant?: string }} contender
 * @param {string} operation
 * @param {number} bytes
 */
export function caseOf({ cases }, { peer, variant }, operation, bytes) {
  const name = nameOf({ peer, operation, variant, bytes });
  return cases.find((one) => one.name === name);
}

function speeds(results, operation, title) {
  const of = results.cases.filter(({ name, MBps }) => partsOf(name).operation === operation && MBps !== undefined);
  const contended = of.filter(
    ({ name, bytes }) => !WATCHED_BYTES.includes(bytes) && CONTENDERS.some(({ peer }) => peer === partsOf(name).group),
  );
  const lengths = [...new Set(contended.map(({ bytes }) => bytes))].sort((one, other) => one - other);
  return {
    title,
    note: [
      "MB/s (10⁶ bytes a second); in brackets, times the speed of one-shot SubtleCrypto, and of the ceiling.",
      ...withoutWorkers(contended),
    ].join(" "),
    head: ["", ...lengths.map(label)],
    rows: CONTENDERS.map((contender) => [
      titleOf(contender),
      ...lengths.map((bytes) => speed(caseOf(results, contender, operation, bytes))),
    ]),
  };
}

/** Apart from what was timed alone: watching takes its share, and there is no reference beside it. */
function streams(results) {
  const columns = ["encrypt", "decrypt"].flatMap((operation) => WATCHED_BYTES.map((bytes) => ({ operation, bytes })));
  const rows = [...CONTENDERS, ...WATCHED_ALONE].map((contender) => [
    titleOf(contender),
    ...columns.map(({ operation, bytes }) => whole(caseOf(results, contender, operation, bytes)?.MBps)),
  ]);
  return {
    title: "Streams",
    note: "MB/s of the runs in which memory was watched, every 20 ms; what is decrypted is spooled.",
    head: ["", ...columns.map(({ operation, bytes }) => `${operation} ${label(bytes)}`)],
    rows: rows.filter((row) => row.slice(1).some((cell) => cell !== NONE)),
  };
}

/** Where workers were asked for and did nothing, in a sentence: the toolkit found the page's thread quicker alone. */
function withoutWorkers(cases) {
  const idle = cases.filter(({ workerMessages }) => workerMessages === 0).map(({ name }) => partsOf(name));
  const all = idle.filter(({ variant }) => /-[1-9]w$/.test(variant)).map((of) => `${of.variant} ${of.length}`);
  return all.length === 0 ? [] : [`Workers were tried, found slower and left idle in ${all.join(", ")}.`];
}

function speed(one) {
  if (one?.skipped !== undefined) return "not run";
  if (one?.MBps === undefined) return NONE;
  const { oneshot, ceiling } = one.ratios;
  return `${whole(one.MBps)}${oneshot === undefined ? "" : ` (${times(oneshot)}, ${times(ceiling)})`}`;
}

function files({ cases }) {
  const rows = cases.filter(({ name, MBps }) => /^(file|upload)\//.test(name) && MBps !== undefined);
  return {
    title: "Files and uploads",
    note: "Compared with the quickest way of reading the same file, and with the upload of the same file as it is.",
    head: ["", "MB/s", "compared"],
    rows: rows.map(({ name, MBps, way, ratios }) => [
      way === undefined ? name : `${name}: ${way}`,
      whole(MBps),
      times(ratios.readOnly ?? ratios.plain),
    ]),
  };
}

/** The columns of the memory table: what is done, with how much. */
const MEMORY_COLUMNS = [
  ["encrypt", MEMORY_BYTES],
  ["encrypt", GROWN_BYTES],
  ["encrypt", STREAM_BYTES],
  ["decrypt", MEMORY_BYTES],
  ["decrypt", GROWN_BYTES],
  ["decrypt", STREAM_BYTES],
];

function memory(results) {
  const cases = (contender) => MEMORY_COLUMNS.map(([operation, bytes]) => caseOf(results, contender, operation, bytes));
  return {
    title: "Peak memory",
    note: [
      "MiB of the pages' processes above what they had before; in brackets, what of it the page's own heap and buffers were, where the browser tells.",
      `Of the toolkit from ${label(GROWN_BYTES)} on the median of three runs, unless one took half a minute; else one run.`,
      "Content to encrypt comes from a byte stream where a contender takes one, to the toolkit's other-stream from one whose chunks nobody but the collector can give back. To be decrypted it lies in memory, and comes to spooled from a file as a stream.",
    ].join(" "),
    head: ["", ...MEMORY_COLUMNS.map(([operation, bytes]) => `${operation} ${label(bytes)}`), "input"],
    rows: [...CONTENDERS, ...WATCHED_ALONE].map((contender) => {
      const known = cases(contender);
      const input = known.find((one) => one?.memoryInput !== undefined)?.memoryInput ?? NONE;
      return [titleOf(contender), ...known.map(peak), input];
    }),
  };
}

function peak(one) {
  const heap = one?.heapPeakBytes === undefined ? "" : ` (${mebibytes(one.heapPeakBytes)})`;
  return one?.peakBytes === undefined ? NONE : `${mebibytes(one.peakBytes)}${heap}`;
}

function firstBytes(results) {
  const first = (contender, operation) => caseOf(results, contender, operation, PREDICTED_FROM)?.firstByteMs;
  return {
    title: "Time to the first byte",
    note: `Milliseconds with ${label(PREDICTED_FROM)} in memory.`,
    head: ["", "encrypt", "decrypt"],
    rows: CONTENDERS.map((contender) => [
      titleOf(contender),
      digits(first(contender, "encrypt")),
      digits(first(contender, "decrypt")),
    ]),
  };
}

function weights({ peers, versions }) {
  const isBuiltIn = (peer) => peer.startsWith("subtlecrypto");
  return {
    title: "Download and start",
    note: "Bytes of scripts and WebAssembly, minified; milliseconds to load them and be ready. Of the toolkit, what encrypts and uploads: what decrypts comes when it is needed.",
    head: ["", "scripts", "WebAssembly", "all, gzipped", "start-up ms"],
    rows: Object.entries(peers)
      .filter(([peer]) => !isBuiltIn(peer))
      .map(([peer, { scriptBytes, wasmBytes, gzipBytes, startUpMs }]) => [
        peer in versions ? `${peer} ${versions[peer]}` : peer,
        ...[scriptBytes, wasmBytes, gzipBytes].map(String),
        digits(startUpMs),
      ]),
  };
}

const whole = (value) => (value === undefined ? NONE : String(Math.round(value)));
const digits = (value) => (value === undefined ? NONE : String(Number(value.toPrecision(3))));
const times = (value) => (value === undefined ? NONE : `${value.toFixed(2)}×`);
const mebibytes = (value) => (value === undefined ? NONE : (value / 2 ** 20).toFixed(1));
