/** The report: a page of tables and a plot beside it. */

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";

import { ROOT } from "../../scripts/lib/run.mjs";
import { plot } from "./plot.mjs";
import { acrossBrowsers, omissionsOf, tablesOf } from "./tables.mjs";

/**
 * Writes the report.
 *
 * @param {import("./results.mjs").Results[]} runs one for each browser; the first is the one that is plotted
 * @param {string} path of the Markdown file; the plot has the same name, and ends in .svg
 */
export function writeReport(runs, path) {
  const plotPath = join(dirname(path), `${basename(path, extname(path))}.svg`);
  const method = relative(dirname(resolve(path)), join(ROOT, "benches/README.md")).replaceAll("\\", "/");
  mkdirSync(dirname(resolve(path)), { recursive: true });
  writeFileSync(plotPath, plot(runs[0]));
  writeFileSync(path, markdown(runs, { plotName: basename(plotPath), method }));
}

function markdown(runs, { plotName, method }) {
  const [first] = runs;
  return `${[
    "# Performance",
    introduction(runs, method),
    `![Speeds of all contenders](${plotName})`,
    ...(runs.length > 1 ? [section(acrossBrowsers(runs), 2), ...runs.map(chapter)] : contents(first, 2)),
    `## Versions\n\n${versions(first)}`,
  ].join("\n\n")}\n`;
}

function introduction(runs, method) {
  const { cores, processor, memoryGiB, system } = runs[0].machine;
  const commands = commandsOf(runs);
  const browsers = runs.map(({ browser, version }) => `${browser} ${version}`).join(", ");
  return [
    "Measured, all that is compared in one run, with",
    `\`\`\`sh\n${commands.join("\n")}\n\`\`\``,
    `in ${browsers} on ${cores} cores (${processor}), ${memoryGiB} GiB of memory, ${system}.`,
    `[How each figure is taken](${method}). Numbers of other machines differ; their ratios differ less.`,
    "What bounds files and uploads, and what was tried, has [a page of its own](pipelines.md).",
  ].join("\n\n");
}

/**
 * What was measured by which commands, without where each wrote its results: runs of several days may have used one name.
 *
 * @param {{ command: string }[]} runs
 */
export function commandsOf(runs) {
  const shown = runs.map(({ command }) => command.replace(/ --json[ =]('[^']*'|\S+)/, "").replace(/ --$/, ""));
  return [...new Set(shown)];
}

/** One browser among several. */
function chapter(results) {
  return [`## ${results.browser} ${results.version}`, ...contents(results, 3)].join("\n\n");
}

const contents = (results, level) => [
  ...tablesOf(results).map((table) => section(table, level)),
  ...omissions(results, level),
];

const heading = (title, level) => `${"#".repeat(level)} ${title}`;

function section({ title, note, head, rows }, level) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = line(head.map((_, column) => (column === 0 ? "---" : "---:")));
  return [heading(title, level), note, [line(head), rule, ...rows.map(line)].join("\n")].join("\n\n");
}

function omissions(results, level) {
  const sentences = omissionsOf(results);
  if (sentences.length === 0) return [];
  return [heading("Not run", level), sentences.map((sentence) => `- ${sentence}`).join("\n")];
}

function versions({ versions: all }) {
  return Object.entries(all)
    .map(([name, version]) => `${name} ${version}`)
    .join(" · ");
}
