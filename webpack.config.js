/**
 * Builds the demo page into dist-www/, a static site that works from any path. The page uses the package as its users
 * do: from dist/, which has to be built before.
 */

import { fileURLToPath } from "node:url";

import HtmlWebpackPlugin from "html-webpack-plugin";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The page and its service worker run in different worlds, and are type-checked as such. */
const typescript = (folder, rule) => ({
  test: /\.ts$/,
  ...rule,
  use: [{ loader: "ts-loader", options: { instance: folder, configFile: at(`${folder}/tsconfig.json`) } }],
});

export default {
  entry: { page: at("www/main.ts"), "storage-worker": at("www/storage-worker/main.ts") },
  target: "web",
  devtool: "source-map",
  output: {
    path: at("dist-www"),
    // A service worker governs what lies beside it and below, under a name that never changes.
    filename: ({ chunk }) => (chunk.name === "storage-worker" ? "storage-worker.js" : "[name].[contenthash:8].js"),
    assetModuleFilename: "[name].[hash:8][ext]",
    publicPath: "auto",
    clean: true,
  },
  resolve: {
    alias: {
      "s3-envelope$": at("dist/index.js"),
      "s3-envelope/download-worker.js$": at("dist/download-worker.js"),
      "s3-envelope/testing$": at("dist/testing.js"),
    },
    extensions: [".ts", ".js"],
    extensionAlias: { ".js": [".ts", ".js"] },
  },
  module: {
    rules: [
      typescript("www", { exclude: at("www/storage-worker") }),
      typescript("www/storage-worker", { include: at("www/storage-worker") }),
      { test: /\.(wasm|css|svg)$/, type: "asset/resource" },
    ],
  },
  experiments: { asyncWebAssembly: false },
  plugins: [
    new HtmlWebpackPlugin({
      template: at("www/index.html"),
      chunks: ["page"],
      scriptLoading: "module",
      minify: false,
    }),
  ],
  performance: { hints: false },
};
