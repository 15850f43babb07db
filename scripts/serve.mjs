/** Serves the built page at a loopback address, with the headers that a good host would set. */

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve as absolute, sep } from "node:path";

import { ROOT } from "./lib/run.mjs";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** Scripts from here only, WebAssembly allowed; connections to here and to the simulated storage's origins only. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' https://*.storage.test http://*.storage.test",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
};

/**
 * Serves a folder to this machine only.
 *
 * @param {{ folder?: string, port?: number, base?: string, policy?: string }} options `port` 0 takes any; `base` is the
 *   path that the folder appears under, with a slash at both ends; `policy` is the Content-Security-Policy
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serve({ folder = join(ROOT, "dist-www"), port = 0, base = "/", ...options } = {}) {
  const root = absolute(folder);
  const headers = { "Content-Security-Policy": options.policy ?? CONTENT_SECURITY_POLICY, ...HEADERS };
  const server = createServer((request, response) =>
    answer(request, response, { file: fileFor(request.url, root, base), headers }),
  );
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${server.address().port}${base}`, close };
}

function answer(request, response, { file, headers }) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    refuse(response, 405, { ...headers, Allow: "GET, HEAD" });
  } else if (file === undefined) {
    refuse(response, 404, headers);
  } else {
    response.writeHead(200, {
      ...headers,
      "Content-Type": TYPES[extname(file.path)] ?? "application/octet-stream",
      "Content-Length": file.size,
    });
    if (request.method === "HEAD") response.end();
    else send(file.path, response);
  }
}

/** A file that goes away or changes while it is sent ends the connection: the browser sees a failure, not half a file. */
function send(path, response) {
  createReadStream(path)
    .on("error", () => response.destroy())
    .pipe(response);
}

function refuse(response, status, headers) {
  response.writeHead(status, { ...headers, "Content-Type": TYPES[".txt"] }).end(`${status}\n`);
}

/** The file that a request is for, never outside the folder. */
function fileFor(url, root, base) {
  const path = pathOf(url);
  if (!path?.startsWith(base)) return undefined;
  const file = join(root, path.slice(base.length), path.endsWith("/") ? "index.html" : "");
  if (!file.startsWith(root + sep)) return undefined;
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? { path: file, size: stat.size } : undefined;
}

function pathOf(url) {
  try {
    const path = decodeURIComponent(new URL(url, "http://127.0.0.1").pathname);
    return path.includes("\0") ? undefined : path;
  } catch {
    return undefined;
  }
}
