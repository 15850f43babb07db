/**
 * `npm test`: sets up and runs every suite, never stopping at a failure. The last line counts all tests.
 * `npm test -- --only rust,node` runs some suites with what they need, `npm test -- --list` names them. Where CI is set in
 * the environment nobody looks at what is skipped: there it fails, but for what the system at hand has nothing for.
 */

import { parseArgs } from "node:util";

import { failure } from "./lib/counts.mjs";
import { asProgram, Sentence } from "./lib/run.mjs";
import { setup } from "./setup.mjs";
import { SUITES } from "./suites.mjs";

function chosenSuites(only) {
  if (only === undefined) return SUITES;
  const names = only.split(",");
  const unknown = names.find((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown !== undefined) throw new Sentence(`There is no suite "${unknown}": see npm test -- --list.`);
  const isNeeded = (name) => SUITES.some((suite) => names.includes(suite.name) && suite.needs?.includes(name));
  return SUITES.filter(({ name }) => names.includes(name) || isNeeded(name));
}

async function runSuite(suite, earlier) {
  console.log(`\n━━ ${suite.name}: ${suite.title}`);
  const start = performance.now();
  const result = await resultOf(suite, earlier);
  for (const note of result.notes) console.log(`   ${note}`);
  const seconds = (performance.now() - start) / 1000;
  console.log(`━━ ${suite.name}: ${result.passed} passed, ${result.failed} failed, ${seconds.toFixed(1)} s`);
  return { name: suite.name, seconds, ...result };
}

async function resultOf(suite, earlier) {
  const missing = suite.needs?.find((name) => earlier.some((result) => result.name === name && result.failed > 0));
  if (missing !== undefined) return failure(`not run: it needs the suite "${missing}", which failed`);
  try {
    return await suite.run();
  } catch (error) {
    if (error instanceof Sentence) return failure(error.message);
    console.error(error);
    return failure("the suite could not be run, see above");
  }
}

function report(results) {
  // A single suite has just said all of it.
  if (results.length > 1) summarise(results);
  const [passed, failed, skipped] = ["passed", "failed", "skipped"].map((field) =>
    results.reduce((total, result) => total + result[field], 0),
  );
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed === 0;
}

function summarise(results) {
  console.log("\n━━ summary");
  for (const { name, passed, failed, seconds, notes } of results) {
    const row = [name.padEnd(10), `${passed} passed`.padStart(12), `${failed} failed`.padStart(11)];
    const remark = notes.map((note) => note.split("\n")[0]).join("; ");
    console.log(`${row.join("")}${seconds.toFixed(1).padStart(9)} s   ${remark}`.trimEnd());
  }
}

await asProgram(async () => {
  const { values } = parseArgs({ options: { list: { type: "boolean" }, only: { type: "string" } } });
  if (values.list) {
    for (const { name, title } of SUITES) console.log(`${name.padEnd(10)} ${title}`);
    return;
  }
  const suites = chosenSuites(values.only);
  await setup();
  const results = [];
  for (const suite of suites) results.push(await runSuite(suite, results));
  if (!report(results)) process.exitCode = 1;
});
