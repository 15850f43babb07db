/**
 * The memory of the processes that a browser's pages live in, watched from outside. Workers run in the process of their
 * page, so nothing that a page does with its bytes escapes; what the browser keeps in shared memory (pipes, blobs) is
 * nobody's own and not counted. Linux only: elsewhere there is no /proc to look into.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";

const SAMPLE_MS = 20;

/** Whether memory can be watched here. */
export const canWatch = existsSync("/proc/self/status");

/** Samples processes until it is stopped. */
export class Watch {
  #idle;
  #peak = 0;
  #timer;

  /** @param {string[]} pids */
  constructor(pids) {
    this.#idle = new Map(pids.map((pid) => [pid, anonymousBytes(pid)]));
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** @returns {number} how many bytes more than at the start there were at most */
  stop() {
    clearInterval(this.#timer);
    this.#sample();
    return this.#peak;
  }

  #sample() {
    this.#peak = Math.max(this.#peak, this.#now());
  }

  /** What a process gives back that had a page before is no part of what this page takes. */
  #now() {
    const more = [...this.#idle].map(([pid, idle]) => Math.max(0, anonymousBytes(pid) - idle));
    return more.reduce((sum, bytes) => sum + bytes, 0);
  }
}

/** Anonymous memory is what a process allocated; files that it maps are left out. */
function anonymousBytes(pid) {
  const kib = /^RssAnon:\s+(\d+) kB/m.exec(fileOf(pid, "status"))?.[1];
  return Number(kib ?? 0) * 1024;
}

/**
 * The processes that a browser's pages live in. They descend from their browser, some of them through a process that forks
 * them.
 *
 * @param {Record<"isBrowser" | "isContent", (process: { pid: string, command: string }) => boolean>} marks
 * @returns {string[]}
 */
export function contentProcesses({ isBrowser, isContent }) {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(describe);
  const ours = new Set(processes.filter(isBrowser).map(({ pid }) => pid));
  for (let before = 0; before !== ours.size;) {
    before = ours.size;
    for (const { pid, parent } of processes) if (ours.has(parent)) ours.add(pid);
  }
  const content = processes.filter((one) => ours.has(one.pid) && isContent(one));
  if (content.length === 0) throw new Error("the processes of the browser's pages were not found");
  return content.map(({ pid }) => pid);
}

function describe(pid) {
  const parent = /^PPid:\s+(\d+)/m.exec(fileOf(pid, "status"))?.[1];
  return { pid, parent, command: fileOf(pid, "cmdline").replaceAll("\0", " ") };
}

/** A process may have ended since it was listed. */
function fileOf(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}
