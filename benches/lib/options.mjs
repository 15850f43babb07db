/** The command line. */

import { parseArgs } from "node:util";

import { Sentence } from "../../scripts/lib/run.mjs";
import { BROWSER_NAMES } from "./browsers.mjs";

const RUNS = 5;
const QUICK_RUNS = 3;

export const HELP = `npm run bench -- [options]

  --quick            no content over 64 MiB, three runs of each case rather than five
  --only PATTERN     only cases whose names match this regular expression
  --runs N           how many runs of each case
  --browsers LIST    chromium (the default), firefox, webkit, with commas between them; or all
  --json FILE        write all results to this file, those of further browsers beside it (FILE.firefox.json)
  --from FILE        measure nothing, take the results from this file; once for each browser
  --report FILE.md   write tables to this file, and a plot beside it
`;

/**
 * Reads the command line.
 *
 * @param {string[]} args
 */
export function optionsOf(args) {
  const { values } = parse(args);
  const runs = Number(values.runs ?? (values.quick ? QUICK_RUNS : RUNS));
  if (!Number.isInteger(runs) || runs < 1) throw new Sentence("--runs takes a whole number, at least 1.");
  return {
    help: values.help,
    quick: values.quick,
    runs,
    only: values.only === undefined ? undefined : pattern(values.only),
    browsers: browsersOf(values.browsers),
    json: values.json,
    from: values.from,
    report: values.report,
    command: ["npm run bench", ...(args.length > 0 ? ["--", ...args.map(quoted)] : [])].join(" "),
  };
}

/** As a shell takes it. */
const quoted = (argument) => (/^[\w./,:=-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`);

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        only: { type: "string" },
        runs: { type: "string" },
        browsers: { type: "string", default: "chromium" },
        json: { type: "string" },
        from: { type: "string", multiple: true, default: [] },
        report: { type: "string" },
      },
    });
  } catch (error) {
    throw new Sentence(`${error.message}\n\n${HELP}`);
  }
}

function pattern(text) {
  try {
    return new RegExp(text);
  } catch {
    throw new Sentence(`--only takes a regular expression, which ${text} is not.`);
  }
}

function browsersOf(text) {
  const names = text === "all" ? BROWSER_NAMES : [...new Set(text.split(","))];
  const unknown = names.find((name) => !BROWSER_NAMES.includes(name));
  if (unknown !== undefined) throw new Sentence(`--browsers takes ${BROWSER_NAMES.join(", ")} or all, not ${unknown}.`);
  return names;
}
