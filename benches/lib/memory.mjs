/** Watches the memory of cases, each in a page of its own. */

import { excuse } from "./failures.mjs";
import { label, memoryCases, STREAM_BYTES, WATCHED_BYTES, withoutSlow } from "./plan.mjs";
import { canWatch, Watch } from "./processes.mjs";
import { median, summary } from "./statistics.mjs";

/** What takes longer is watched once, in milliseconds. */
const REPEATED_UP_TO_MS = 30_000;

/** A browser that does not tell of its heap. */
const unwatched = async (work) => ({ result: await work() });

/**
 * @param {import("./session.mjs").Session} session
 * @param {{ quick: boolean, only?: RegExp }} options
 * @param {{ timed: import("./timing.mjs").Result[], tell: (text: string) => void }} progress `timed` says who is too slow
 *   for long content
 * @returns {Promise<import("./timing.mjs").Result[]>}
 */
export async function watchAll(session, options, { timed, tell }) {
  const { fit, skipped } = withoutSlow(memoryCases(options), timed);
  const results = [];
  for (const one of fit) {
    tell(`memory of ${one.name}`);
    const failed = (error) => ({ name: one.name, bytes: one.bytes, memorySkipped: excuse(one, error) });
    results.push(await watchOne(session, one).catch(failed));
  }
  return [...results, ...skipped];
}

/** The median of some runs. */
async function watchOne(session, one) {
  const { name, bytes, streamed, operation, runs } = one;
  if (streamed && operation === "decrypt" && !(await session.call("hasRoom", bytes))) {
    return { name, bytes, memorySkipped: "the browser has no room for such a file and what is kept of it" };
  }
  const seen = [];
  do seen.push(await watchOnce(session, one));
  while (seen.length < runs && seen[0].sample.ms < REPEATED_UP_TO_MS);
  const known = (key) => seen.map((run) => run[key]).filter((value) => value !== undefined);
  const middle = (key) => (known(key).length > 0 ? { [key]: median(known(key)) } : {});
  return {
    name,
    bytes,
    // Nothing else is timed at these lengths.
    ...(WATCHED_BYTES.includes(bytes) &&
      summary(
        bytes,
        seen.map(({ sample }) => sample),
      )),
    ...middle("peakBytes"),
    ...middle("heapPeakBytes"),
    memoryRuns: seen.length,
    memoryInput: inputOf(streamed),
  };
}

/** Everything is loaded and every input is there before the watch begins: it sees what the operation itself takes. */
async function watchOnce(session, one) {
  await session.freshPage();
  await session.call("prepare", one);
  await warm(session, one);
  await session.collectGarbage("thoroughly");
  const watch = canWatch ? new Watch(session.contentProcesses()) : undefined;
  try {
    const watchingHeap = session.watchingHeap?.bind(session) ?? unwatched;
    const { result: sample, heapBytes: heapPeakBytes } = await watchingHeap(() => session.call("sample", one));
    return { sample, peakBytes: watch?.stop(), heapPeakBytes };
  } finally {
    watch?.stop();
  }
}

/** The first use of a library compiles it and starts its workers: that is not what its memory is about. */
function warm(session, { peer, variant, streamed, operation }) {
  return session.call("sample", { peer, variant, streamed, operation, bytes: 1024 * 1024 });
}

const inputOf = (streamed) => (streamed ? "a stream" : "one buffer");

/**
 * How much more memory a stream takes where it is longer.
 *
 * @param {import("./timing.mjs").Result[]} results
 */
export function addGrowth(results) {
  for (const result of results.filter(({ bytes }) => bytes === STREAM_BYTES)) {
    const shorter = result.name.replace(label(STREAM_BYTES), "64MiB");
    const before = results.find(({ name }) => name === shorter);
    if (before?.peakBytes !== undefined && result.peakBytes !== undefined) {
      result.growthBytes = result.peakBytes - before.peakBytes;
    }
  }
}
