/** Medians and what is made of them. */

/**
 * @param {number[]} values at least one
 */
export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Samples of one case, summed up.
 *
 * @param {number} bytes of content in each sample
 * @param {{ ms: number, firstByteMs?: number, workerMessages?: number }[]} samples
 */
export function summary(bytes, samples) {
  const times = samples.map(({ ms }) => ms);
  const ms = median(times);
  const known = (name) => samples.map((sample) => sample[name]).filter((value) => value !== undefined);
  const firstBytes = known("firstByteMs");
  const messages = known("workerMessages");
  return {
    runs: samples.length,
    MBps: rounded(megabytesPerSecond(bytes, ms)),
    medianMs: rounded(ms),
    minMs: rounded(Math.min(...times)),
    maxMs: rounded(Math.max(...times)),
    ...(firstBytes.length > 0 && { firstByteMs: rounded(median(firstBytes)) }),
    ...(messages.length > 0 && { workerMessages: rounded(median(messages)) }),
  };
}

/**
 * Millions of bytes a second.
 *
 * @param {number} bytes
 * @param {number} ms
 */
export const megabytesPerSecond = (bytes, ms) => bytes / 1000 / ms;

/**
 * To four digits: more would be noise.
 *
 * @param {number} value
 */
export const rounded = (value) => Number(value.toPrecision(4));
