/** What came of each cell: printed at the end, and kept in docs/compatibility-matrix.md when asked to. */

import { writeFileSync } from "node:fs";

import { CANNOT_BE, nameOf, PEERS, SIZES } from "../matrix.mjs";

const DOCUMENT = new URL("../../../docs/compatibility-matrix.md", import.meta.url);
const INTRODUCTION = `# Compatibility matrix

Written by \`INTEROP_RECORD=1 npm run test:interop\`, from what came of each cell in one run. A cell is one object, which
one side encrypted and stored in our native storage, and the other fetched and decrypted: ✓ where every byte was the
same, FAILED where not, – where it was not run, with the reason below. The largest objects go in parts of 5 MiB where
the writer has parts: ours, Java and Python; Go and Ruby send them as one.
`;

/** The results of one run. */
export class Results {
  #rows = new Map();
  #reasons = new Map();
  #deeds = new Map();

  /** A cell that is to be tried has failed until it passes. */
  plan(cell) {
    this.#set(cell, "FAILED");
  }

  pass(cell) {
    this.#set(cell, "✓");
  }

  /** Something other than writing and reading. */
  deed(title, mark) {
    this.#deeds.set(title, mark);
  }

  skip(cell, reason) {
    this.#set(cell, "–");
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  /** The table on the terminal. */
  print(found, missing) {
    console.log(`\n${this.#table(columns)}\n`);
    for (const [title, mark] of this.#deeds) console.log(`${mark} ${title}`);
    for (const reason of CANNOT_BE) console.log(`no cells: ${reason}`);
    for (const [reason, count] of this.#reasons) console.log(`${count} cells NOT RUN: ${reason}`);
    for (const [name, { version }] of Object.entries(found)) console.log(`${PEERS[name].title} ${version}: run`);
    for (const [name, reason] of Object.entries(missing)) console.log(`${PEERS[name].title}: NOT RUN: ${reason}`);
  }

  /** The table in the documentation. */
  save(found, missing) {
    const versions = Object.entries(found).map(([name, { version }]) => `- ${PEERS[name].client} ${version}`);
    const absent = Object.entries(missing).map(([name, reason]) => `- ${PEERS[name].client}: not run: ${reason}`);
    const reasons = [...this.#reasons].map(([reason, count]) => `- ${count} cells: ${reason}`);
    const notRun = reasons.length === 0 ? "" : `\n## Not run\n\n${reasons.join("\n")}\n`;
    const peers = `## Clients\n\n${[...versions, ...absent].join("\n")}\n`;
    const cannot = `\n## Cells that there cannot be\n\n${CANNOT_BE.map((line) => `- ${line}`).join("\n")}\n`;
    const cells = `## Cells\n\n${this.#table(markdown)}\n${this.#deedsTable()}`;
    writeFileSync(DOCUMENT, `${INTRODUCTION}\n${peers}\n${cells}${cannot}${notRun}`);
  }

  /** What was done with instruction files beside writing and reading them. */
  #deedsTable() {
    const lines = [...this.#deeds].map(([title, mark]) => `| ${title} | ${mark} |`);
    return `\n## Rotation, further readers, deletion\n\n|  |  |\n| --- | :-: |\n${lines.join("\n")}\n`;
  }

  #set(cell, mark) {
    const title = titleOf(cell);
    this.#rows.set(title, { ...this.#rows.get(title), [cell.size]: mark });
  }

  #table(layout) {
    const lines = [...this.#rows].map(([title, marks]) => [title, ...SIZES.map((size) => marks[size] ?? "")]);
    return layout([["", ...SIZES.map(nameOf)], ...lines]);
  }
}

function titleOf({ peer, runtime, format, keyring, place, direction }) {
  const { title } = PEERS[peer];
  const way = direction === "read" ? `${title} → ${runtime}` : `${runtime} → ${title}`;
  return `${way}, ${format}, ${keyring.toUpperCase()}, ${place}`;
}

function columns(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)) + 2);
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

function markdown([head, ...lines]) {
  const rule = head.map((_, column) => (column === 0 ? "---" : ":-:"));
  return [head, rule, ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}
