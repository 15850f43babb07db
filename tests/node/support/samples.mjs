/** What the README and docs/ have to copy, to be checked and run. */

import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import ts from "typescript";

import { ROOT } from "../../../scripts/lib/run.mjs";

/** As strict as the package itself; but a sample may name what it does not use. */
export const { options: OPTIONS } = ts.convertCompilerOptionsFromJson(
  {
    ...ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile).config.compilerOptions,
    noUnusedLocals: false,
  },
  ROOT,
);

const PAGES = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));

/** The documents that samples are in. */
export const DOCUMENTS = ["README.md", ...PAGES.map((name) => `docs/${name}`)];

/** Each block of TypeScript is a module. */
export function samples() {
  return DOCUMENTS.flatMap((document) => {
    const blocks = readFileSync(join(ROOT, document), "utf8").matchAll(/^( *)```(?:ts|js)\n(.*?)^\1```$/gms);
    return [...blocks].map(([, , text], index) => ({
      name: `${document.replace(/\W/g, "-")}-${String(index + 1)}.ts`,
      text: `${text}\nexport {};\n`,
    }));
  });
}

/**
 * TypeScript without its types.
 *
 * @param {string} text
 */
export function compiled(text) {
  return ts.transpileModule(text, { compilerOptions: { ...OPTIONS, module: ts.ModuleKind.ESNext } }).outputText;
}

/**
 * The sample in which some words are, its types taken away.
 *
 * @param {string} words
 * @param {(text: string) => string} [change] makes it fit for here
 */
export function script(words, change = (text) => text) {
  return compiled(change(samples().find(({ text }) => text.includes(words)).text));
}

/** A folder inside the repository, where the package goes by its own name. */
export class SampleFolder {
  constructor() {
    mkdirSync(join(ROOT, "test-results"), { recursive: true });
    this.path = mkdtempSync(join(ROOT, "test-results/samples-"));
  }

  /** Runs the sample in which some words are; `change` makes it fit for here. */
  async run(words, change) {
    const path = join(this.path, `${randomUUID()}.js`);
    writeFileSync(path, script(words, change));
    return await import(path);
  }

  /** A function that a sample exports. */
  async exported(name, change) {
    const module = await this.run(`export async function ${name}(`, change);
    return module[name];
  }

  remove() {
    rmSync(this.path, { recursive: true });
  }
}
