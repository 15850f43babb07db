/** AWS's encryption clients, which the interop suite compares ours with: found or installed, each in a way of its own. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { canInstallDebianPackages, installDebianPackages } from "./debian.mjs";
import { step } from "./progress.mjs";
import { pythonWith } from "./python.mjs";
import { answerOf, must, ROOT, Sentence } from "./run.mjs";
import { alone, TOOLS } from "./steps.mjs";

const PEERS = "tests/interop/peers";
const RUBY_VERSIONS = 'require "aws-sdk-s3"; require "aws-sdk-kms"; print Aws::S3::GEM_VERSION';

/** Says why a client cannot be had. */
class Missing extends Error {}

/**
 * Finds or installs each client.
 *
 * @returns {Promise<{ peers: Record<string, { command: [string, string[]], version: string }>, missing: Record<string, string> }>}
 *   `missing` says of each of the others why
 */
export async function ensurePeers() {
  const result = { peers: {}, missing: {} };
  for (const [name, ensure] of Object.entries({
    java: ensureJava,
    python: ensurePython,
    ruby: ensureRuby,
    go: ensureGo,
  })) {
    try {
      result.peers[name] = await ensure();
    } catch (error) {
      if (!(error instanceof Missing || error instanceof Sentence)) throw error;
      result.missing[name] = error.message;
    }
  }
  return result;
}

async function ensurePython() {
  const requirements = `${PEERS}/python/requirements.txt`;
  const python = await pythonWith(requirements);
  if (python === undefined) throw new Missing("Python 3.10 or later with its venv module is missing");
  const version = /^amazon-s3-encryption-client-python==(.+)$/m.exec(textOf(requirements))[1];
  return { command: [python, [join(ROOT, PEERS, "python/peer.py")]], version };
}

async function ensureRuby() {
  const version = () => answerOf("ruby", ["-e", RUBY_VERSIONS]);
  if (version() === undefined)
    await debian(["ruby-aws-sdk-s3", "ruby-aws-sdk-kms"], "Ruby with the gems aws-sdk-s3 and aws-sdk-kms");
  return { command: ["ruby", [join(ROOT, PEERS, "ruby/peer.rb")]], version: version() };
}

async function ensureJava() {
  const isThere = () => answerOf("javac", ["-version"]) !== undefined && answerOf("mvn", ["--version"]) !== undefined;
  if (!isThere()) await debian(["default-jdk-headless", "maven"], "a JDK and Maven");
  const pom = join(PEERS, "java/pom.xml");
  const folder = join(TOOLS, `java-${createHash("sha256").update(textOf(pom)).digest("hex").slice(0, 12)}`);
  await alone(() => ensureJars(folder, pom));
  const client = readdirSync(folder).find((file) => file.startsWith("amazon-s3-encryption-client-java-"));
  const classPath = [join(folder, "*")].join(delimiter);
  const version = /(\d[\d.]*\d)\.jar$/.exec(client)[1];
  return { command: ["java", ["-cp", classPath, join(ROOT, PEERS, "java/Peer.java")]], version };
}

async function ensureJars(folder, pom) {
  // The note is written last: a folder that Maven did not finish is filled again.
  const finished = join(folder, "finished");
  if (existsSync(finished)) return;
  await step("fetching AWS's Java client from Maven Central", async (onOutput) => {
    rmSync(folder, { recursive: true, force: true });
    const repository = `-Dmaven.repo.local=${join(TOOLS, "maven")}`;
    const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${folder}`];
    await must("Maven", "mvn", ["-B", "-f", join(ROOT, pom), repository, ...goal], { onOutput });
    writeFileSync(finished, "");
  });
}

async function ensureGo() {
  if (answerOf("go", ["version"]) === undefined) throw new Missing("Go is not installed");
  const [mod, sum, source] = ["go.mod", "go.sum", "peer.go"].map((file) => textOf(`${PEERS}/go/${file}`));
  const name = `go-${createHash("sha256").update(`${mod}${sum}${source}`).digest("hex").slice(0, 12)}`;
  const program = join(TOOLS, process.platform === "win32" ? `${name}.exe` : name);
  await alone(() => buildGo(program));
  return { command: [program, []], version: /amazon-s3-encryption-client-go\/v4 v(\S+)/.exec(mod)[1] };
}

async function buildGo(program) {
  if (existsSync(program)) return;
  await step("building the program around AWS's Go client", async (onOutput) => {
    // What is downloaded is what go.sum says, and nothing else.
    const build = ["-C", join(ROOT, PEERS, "go"), "build", "-mod=readonly", "-buildvcs=false", "-o", program, "."];
    await must("Go", "go", build, { onOutput });
  });
}

async function debian(packages, what) {
  if (!canInstallDebianPackages()) throw new Missing(`${what} is not installed`);
  await alone(() => step(`installing ${what}`, (onOutput) => installDebianPackages(packages, onOutput)));
}

const textOf = (path) => readFileSync(join(ROOT, path), "utf8");
