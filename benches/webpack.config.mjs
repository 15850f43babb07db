/** Builds what the browser runs: the page that measures, and each contender alone, for its size. */

import { fileURLToPath } from "node:url";

import HtmlWebpackPlugin from "html-webpack-plugin";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** All are built as an app would be for its users. The toolkit comes from dist/, as it is published. */
const common = {
  mode: "production",
  target: "web",
  devtool: false,
  resolve: {
    alias: { "s3-envelope$": at("../dist/index.js") },
    // Peers ask for modules of Node where they find themselves there; the AWS Encryption SDK needs `buffer` anywhere.
    fallback: {
      buffer: at("node_modules/buffer/index.js"),
      crypto: false,
      fs: false,
      path: false,
      stream: false,
      vm: false,
    },
  },
  module: { rules: [{ test: /\.wasm$/, type: "asset/resource" }] },
  experiments: { asyncWebAssembly: false },
  performance: { hints: false },
};

/** The page, in dist/page/. */
export const page = {
  ...common,
  entry: at("page/main.mjs"),
  output: {
    path: at("dist/page"),
    filename: "[name].js",
    chunkFilename: "[name].[id].js",
    publicPath: "auto",
    clean: true,
  },
  plugins: [new HtmlWebpackPlugin({ template: at("page/index.html"), scriptLoading: "module", minify: false })],
};

/**
 * One contender alone, in dist/sizes/NAME/.
 *
 * @param {string} peer
 * @returns {import("webpack").Configuration}
 */
export const alone = (peer) => ({
  ...common,
  entry: at(`page/peers/${peer}.mjs`),
  output: {
    path: at(`dist/sizes/${peer}`),
    filename: "[name].js",
    library: { type: "var", name: "contender" },
    clean: true,
  },
});
