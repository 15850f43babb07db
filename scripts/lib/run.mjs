/** Running other programs: to their end, with a time limit, and never leaving any of their children behind. */

import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where cargo builds; people share one such folder over several checkouts. */
export const CARGO_TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");

/** A failure that is told in one sentence, without a stack. */
export class Sentence extends Error {}

/** How long what a program started may go on writing after the program has ended. */
const GRACE_MS = 3_000;

const isWindows = process.platform === "win32";
const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"];
const running = new Set();

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, limitMs?: number, onOutput?: (text: string) => void }} options `onOutput` is
 *   given both output streams as they come
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function run(program, args, { env = {}, limitMs, onOutput } = {}) {
  return new Promise((resolve) => {
    let output = "";
    const take = (text) => {
      output += text;
      onOutput?.(text);
    };
    const child = start(program, args, env);
    const timer = limitMs && setTimeout(() => endLate(child, limitMs, take), limitMs);
    let grace;
    const end = (ok) => {
      clearTimeout(timer);
      clearTimeout(grace);
      forget(child);
      resolve({ ok, output });
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", (error) => {
      take(`${program}: ${error.message}\n`);
      end(false);
    });
    // A server that a test left behind would hold the output open, and all would wait for it.
    child.on("exit", () => (grace = setTimeout(() => endTree(child), GRACE_MS)));
    child.on("close", (status) => end(status === 0));
  });
}

/**
 * Runs a program that must succeed; otherwise shows what it printed.
 *
 * @param {string} what for the message
 * @param {string} program
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} options
 * @returns {Promise<string>} what it printed
 */
export async function must(what, program, args, options) {
  const { ok, output } = await run(program, args, options);
  if (ok) return output;
  process.stderr.write(`\n${output}`);
  throw new Sentence(`${what} failed, see above: ${[program, ...args].join(" ")}`);
}

/**
 * Runs a program and gives what it printed; nothing where it is missing or fails.
 *
 * @param {string} program
 * @param {string[]} args
 * @returns {string | undefined}
 */
export function answerOf(program, args) {
  const result = spawnSync(program, args, { cwd: ROOT, encoding: "utf8", timeout: 60_000 });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/**
 * Ends the process with one sentence where that is all there is to say.
 *
 * @param {() => Promise<void>} main
 */
export async function asProgram(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Sentence ? `\n${error.message}` : error);
    process.exit(1);
  }
}

function start(program, args, env) {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    // A group of its own can be ended as one. It also keeps Ctrl-C from the child, which `interrupted` passes on.
    detached: !isWindows,
    // npm is a batch file on Windows, which only a shell runs.
    shell: isWindows && program === "npm",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (running.size === 0) for (const signal of INTERRUPTS) process.once(signal, interrupted);
  running.add(child);
  return child;
}

/** With nothing running, an interrupt is left to whoever else cares: a server that wants to close. */
function forget(child) {
  running.delete(child);
  if (running.size === 0) for (const signal of INTERRUPTS) process.off(signal, interrupted);
}

function interrupted() {
  for (const child of running) endTree(child);
  process.exit(130);
}

function endLate(child, limitMs, take) {
  take(`\nended after its time limit of ${Math.round(limitMs / 60_000)} minutes\n`);
  endTree(child);
}

/**
 * Ends a program with all that it started: browsers and servers must not outlive a run.
 *
 * @param {import("node:child_process").ChildProcess} child
 */
export function endTree(child) {
  if (child.pid === undefined) return;
  if (isWindows) {
    spawnSync("taskkill", ["/pid", String(child.pid), "/t", "/f"]);
    return;
  }
  // chromedriver starts browsers in groups of their own: the tree finds them, the group finds orphans.
  for (const pid of [...treeOf(child.pid), -child.pid]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

function treeOf(root) {
  const table = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).stdout ?? "";
  const pairs = table.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const tree = [root];
  for (const parent of tree) tree.push(...pairs.filter(([, ppid]) => ppid === parent).map(([pid]) => pid));
  return tree;
}
