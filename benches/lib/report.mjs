/** The report: a page of tables and a plot beside it. */

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";

import { ROOT } from "../../scripts/lib/run.mjs";
import { plot } from "./plot.mjs";
import { omissionsOf, tablesOf } from "./tables.mjs";

/**
 * Writes the report.
 *
 * @param {import("./results.mjs").Results} results
 * @param {string} path of the Markdown file; the plot has the same name, and ends in .svg
 */
export function writeReport(results, path) {
  const plotPath = join(dirname(path), `${basename(path, extname(path))}.svg`);
  const method = relative(dirname(resolve(path)), join(ROOT, "benches/README.md")).replaceAll("\\", "/");
  mkdirSync(dirname(resolve(path)), { recursive: true });
  writeFileSync(plotPath, plot(results));
  writeFileSync(path, markdown(results, { plotName: basename(plotPath), method }));
}

function markdown(results, { plotName, method }) {
  return `${[
    "# Performance",
    introduction(results, method),
    `![Speeds of all contenders](${plotName})`,
    ...tablesOf(results).map(section),
    ...omissions(results),
    `## Versions\n\n${versions(results)}`,
  ].join("\n\n")}\n`;
}

function introduction({ command, browser, version, machine }, method) {
  const { cores, processor, memoryGiB, system } = machine;
  return [
    "Measured, all in one run, with",
    `\`\`\`sh\n${command}\n\`\`\``,
    `in ${browser} ${version} on ${cores} cores (${processor}), ${memoryGiB} GiB of memory, ${system}.`,
    `[How each figure is taken](${method}). Numbers of other machines differ; their ratios differ less.`,
    "What bounds files and uploads, and what was tried, has [a page of its own](pipelines.md).",
  ].join("\n\n");
}

function section({ title, note, head, rows }) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = line(head.map((_, column) => (column === 0 ? "---" : "---:")));
  return [`## ${title}`, note, [line(head), rule, ...rows.map(line)].join("\n")].join("\n\n");
}

function omissions(results) {
  const sentences = omissionsOf(results);
  return sentences.length === 0 ? [] : [`## Not run\n\n${sentences.map((sentence) => `- ${sentence}`).join("\n")}`];
}

function versions({ versions: all }) {
  return Object.entries(all)
    .map(([name, version]) => `${name} ${version}`)
    .join(" · ");
}
