/** Telling a person what is being done: one line a step, with the time it takes; steps may overlap. */

const REDRAW_MS = 1_000;
/** A log gets a sign of life this often, so that nobody takes a long step for a hang. */
const LOG_MS = 30_000;

/**
 * Does a step and tells about it. The work is given a function for the output of the programs it runs, whose last line
 * shows how far it is.
 *
 * @template T
 * @param {string} title
 * @param {(onOutput: (text: string) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const line = process.stdout.isTTY ? lineOnScreen(title) : linesInLog(title);
  const timer = setInterval(() => line.tick(), line.everyMs);
  try {
    const result = await work((text) => line.say(lastLineOf(text)));
    line.end("done");
    return result;
  } catch (error) {
    line.end("failed");
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Of several steps at once the newest has the line. */
const onScreen = [];

/** A line that is drawn again and again. */
function lineOnScreen(title) {
  const elapsed = stopwatch();
  let last = "";
  const draw = () => {
    if (onScreen.at(-1) !== draw) return;
    const text = `• ${title} … ${elapsed()}  ${last}`;
    process.stdout.write(`\r\x1b[2K${text.slice(0, process.stdout.columns - 1)}`);
  };
  onScreen.push(draw);
  draw();
  return {
    everyMs: REDRAW_MS,
    tick: draw,
    say: (text) => (last = text || last),
    end(how) {
      onScreen.splice(onScreen.indexOf(draw), 1);
      process.stdout.write(`\r\x1b[2K• ${title}: ${how} in ${elapsed()}\n`);
    },
  };
}

/** Lines that stay as they are written. */
function linesInLog(title) {
  const elapsed = stopwatch();
  let last = "";
  console.log(`• ${title} …`);
  return {
    everyMs: LOG_MS,
    tick: () => console.log(`  ${title} … ${elapsed()}  ${last}`),
    say: (text) => (last = text || last),
    end: (how) => console.log(`  ${title}: ${how} in ${elapsed()}`),
  };
}

function stopwatch() {
  const start = performance.now();
  return () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

function lastLineOf(text) {
  return text
    .trimEnd()
    .split(/[\r\n]/)
    .at(-1)
    .trim();
}
