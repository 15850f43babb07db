/** `npm start`: sets up, builds, and serves the page. `npm start -- --port N` chooses the port. */

import { parseArgs } from "node:util";

import { build } from "./build.mjs";
import { asProgram, Sentence } from "./lib/run.mjs";
import { serve } from "./serve.mjs";
import { setup } from "./setup.mjs";

const FIRST_PORT = 8080;
const LAST_PORT = 8099;
const LOOPBACK = ["127.0.0.1", "localhost"];

function options() {
  const { values } = parseArgs({
    options: { dev: { type: "boolean" }, host: { type: "string" }, port: { type: "string" } },
  });
  if (values.host !== undefined && !LOOPBACK.includes(values.host)) {
    throw new Sentence(
      "The page is served to this machine only, as browsers allow service workers and cryptography on loopback " +
        "addresses: for others, put dist-www/ on a host with HTTPS.",
    );
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new Sentence("--port takes a number from 0 to 65535.");
  }
  return { port, dev: values.dev };
}

/** The port asked for, or the first free one: an address that stays the same keeps what the page stored. */
async function serveSomewhere(port) {
  for (let candidate = port ?? FIRST_PORT; ; candidate += 1) {
    try {
      return await serve({ port: candidate });
    } catch (error) {
      if (error.code !== "EADDRINUSE" && error.code !== "EACCES") throw error;
      if (port !== undefined) throw new Sentence(`Port ${port} cannot be had: choose another with --port.`);
      if (candidate === LAST_PORT) {
        throw new Sentence(`Ports ${FIRST_PORT} to ${LAST_PORT} are taken: choose one with --port.`);
      }
    }
  }
}

await asProgram(async () => {
  const { port, dev } = options();
  await setup();
  await build({ dev });
  const { url, close } = await serveSomewhere(port);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, close);
  console.log(`\nThe page is served at\n${url}\nuntil you press Ctrl-C.`);
});
