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
  const folder = dirname(resolve(path));
  const plotName = `${basename(path, extname(path))}.svg`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, plotName), plot(runs[0]));
  writeFileSync(path, markdown(runs, { plotName, folder }));
}

/**
 * The page.
 *
 * @param {import("./results.mjs").Results[]} runs
 * @param {{ plotName: string, folder: string }} place `folder` is where it will lie, for its links
 */
export function markdown(runs, { plotName, folder }) {
  const chapters = runs.length > 1 ? [section(acrossBrowsers(runs), 2), ...chaptersOf(runs)] : contents(runs[0], 2);
  return `${[
    "# Performance",
    introduction(runs, folder),
    `![Speeds of all contenders](${plotName})`,
    ...chapters,
    ...(isOne(runs, versionsOf) ? [`## Versions\n\n${versionsOf(runs[0])}`] : []),
  ].join("\n\n")}\n`;
}

function introduction(runs, folder) {
  const link = (path) => relative(folder, join(ROOT, path)).replaceAll("\\", "/");
  const commands = commandsOf(runs);
  const browsers = runs.map(({ browser, version }) => `${browser} ${version}`).join(", ");
  const machine = isOne(runs, machineOf) ? ` on ${machineOf(runs[0])}` : ", on machines that each chapter names";
  return [
    commands.length > 1
      ? "Measured with these commands. Each is a run of its own, and figures are compared within a run:"
      : "Measured, all that is compared in one run, with",
    `\`\`\`sh\n${commands.join("\n")}\n\`\`\``,
    `in ${browsers}${machine}.`,
    `[How each figure is taken](${link("benches/README.md")}). Numbers of other machines differ; their ratios differ less.`,
    `What bounds files and uploads, and what was tried, has [a page of its own](${link("docs/pipelines.md")}).`,
  ].join("\n\n");
}

/** Whether something is the same of all runs: they may be of several days and machines. */
const isOne = (runs, textOf) => new Set(runs.map(textOf)).size === 1;

const machineOf = ({ machine: { cores, processor, memoryGiB, system } }) =>
  `${cores} cores (${processor}), ${memoryGiB} GiB of memory, ${system}`;

const versionsOf = ({ versions }) =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(" · ");

/**
 * What was measured by which commands, without where each wrote its results: runs of several days may have used one name.
 *
 * @param {{ command: string }[]} runs
 */
export function commandsOf(runs) {
  const shown = runs.map(({ command }) => command.replace(/ --json[ =]('[^']*'|\S+)/, "").replace(/ --$/, ""));
  return [...new Set(shown)];
}

/** One chapter for each of several browsers, with what is not the same of all. */
function chaptersOf(runs) {
  const facts = [(run) => `Measured on ${machineOf(run)}.`, (run) => `Versions: ${versionsOf(run)}`];
  const differing = facts.filter((textOf) => !isOne(runs, textOf));
  return runs.map((run) =>
    [`## ${run.browser} ${run.version}`, ...differing.map((textOf) => textOf(run)), ...contents(run, 3)].join("\n\n"),
  );
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
