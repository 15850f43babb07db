/**
 * Short names for what a WebAssembly file and its script take from each other. wasm-bindgen's are long, end in hashes, which
 * do not compress, and stand in both files: of an upload's 58 KB they were two.
 */

/** What makes wasm-opt name the script, the imports and the exports by a letter or two, and print what it named how. */
export const SHORTEN_NAMES = "--minify-imports-and-exports-and-modules";

/** What wasm-opt calls the module that imports come from. */
const MODULE = "a";

/**
 * What wasm-bindgen wrote beside a file, with the names that wasm-opt gave. Fails where they do not fit each other.
 *
 * @param {string} printed by wasm-opt
 * @param {{ script: string, types: string }} written
 * @returns {{ script: string, types: string }}
 */
export function withShortNames(printed, { script, types }) {
  const { imports, exports } = JSON.parse(printed.slice(printed.indexOf("{")));
  const [module, ...others] = new Set(imports.map(([from]) => from));
  if (others.length > 0) throw new Error(`imports come from ${others.length + 1} modules, and wasm-opt names one`);
  const imported = new Map(imports.map(([, name, short]) => [name, short]));
  const exported = new Map(exports);
  const [classes, output] = types.split(OUTPUT);
  return {
    script: script
      .replace(`"${module}": `, `"${MODULE}": `)
      .replace(/(?<=^ +)\w+(?=: function\()/gm, (name) => shortOf(imported, name))
      .replace(/(?<=\bwasm\.)\w+/g, (name) => shortOf(exported, name)),
    types: `${classes}${OUTPUT}${output.replace(/(?<=^ +readonly )\w+(?=: )/gm, (name) => shortOf(exported, name))}`,
  };
}

/** Where the types of what the file itself exports begin. */
const OUTPUT = "export interface InitOutput {";

function shortOf(names, name) {
  const short = names.get(name);
  if (short === undefined) throw new Error(`wasm-opt has no name for ${name}`);
  return short;
}
