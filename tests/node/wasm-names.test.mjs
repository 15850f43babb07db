/** The names that a WebAssembly file and its script have for what they take from each other. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { withShortNames } from "../../scripts/lib/wasm-names.mjs";

const PRINTED = `warning: something\n${JSON.stringify({
  imports: [["./m_bg.js", "__wbg_now_0123456789abcdef", "a"]],
  exports: [
    ["memory", "b"],
    ["session_new", "c"],
  ],
})}\n`;

const SCRIPT = `
        __wbg_now_0123456789abcdef: function() { return wasm.memory; },
        "./m_bg.js": import0,
    return wasm.session_new(0);
`;

const TYPES = `
    readonly memory: string;
export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly session_new: () => number;
}
`;

test("script and types are given the names that the file has", () => {
  assert.deepEqual(withShortNames(PRINTED, { script: SCRIPT, types: TYPES }), {
    script: `
        a: function() { return wasm.b; },
        "a": import0,
    return wasm.c(0);
`,
    types: `
    readonly memory: string;
export interface InitOutput {
    readonly b: WebAssembly.Memory;
    readonly c: () => number;
}
`,
  });
});

test("what the file does not have is not called", () => {
  const script = "return wasm.gone();";
  assert.throws(() => withShortNames(PRINTED, { script, types: TYPES }), /no name for gone/);
  assert.throws(
    () => withShortNames(PRINTED, { script: "        other: function() {}", types: TYPES }),
    /no name for other/,
  );
});

test("two modules of one name are refused", () => {
  const printed = JSON.stringify({
    imports: [
      ["x", "a", "a"],
      ["y", "a", "b"],
    ],
    exports: [],
  });
  assert.throws(() => withShortNames(printed, { script: "", types: "" }), /2 modules/);
});
