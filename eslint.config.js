import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tsdoc from "eslint-plugin-tsdoc";
import globals from "globals";
import tseslint from "typescript-eslint";

/** A leading underscore says that a value is meant to go unused. */
const UNUSED = ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }];

export default defineConfig([
  globalIgnores([".tools", "benches/dist", "dist", "dist-*", "js/wasm", "target", "test-results"]),
  {
    files: ["js/**/*.ts", "www/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { tsdoc },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: { "tsdoc/syntax": "error", "@typescript-eslint/no-unused-vars": UNUSED },
  },
  {
    files: ["**/*.mjs", "*.js", "tests/interop/**/*.js"],
    extends: [js.configs.recommended],
    languageOptions: { globals: { ...globals.node } },
    rules: { "no-unused-vars": UNUSED, "no-var": "error", "prefer-const": "error", eqeqeq: "error" },
  },
  {
    // Their functions are also handed to the page under test, and run there.
    files: ["tests/{aws-sdk,e2e}/**/*.mjs", "tests/interop/**/*.{js,mjs}"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
  {
    files: ["benches/page/**/*.mjs"],
    languageOptions: { globals: globals.browser },
  },
]);
