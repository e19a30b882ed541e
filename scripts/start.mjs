// The door to every script: works on node 20 with nothing installed. It makes sure of node 24, pnpm
// and the workspace's packages, then runs scripts/<name>.ts on that node.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NODE = "24.21.0";
const PNPM = "12.21.0";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache =
  process.env.PLAYBOOK_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "playbook");

function fail(what, next) {
  process.stderr.write(`\nerror: ${what}\n  next: ${next}\n`);
  process.exit(1);
}

/** Installs one npm package into the cache, once; a half-finished install never counts. */
async function install(name, version) {
  const home = join(cache, `${name}-${version}`);
  if (existsSync(home)) return home;

  process.stderr.write(`playbook: installing ${name} ${version} into ${cache}\n`);
  const staged = `${home}.${process.pid}`;
  mkdirSync(staged, { recursive: true });
  const args = ["install", "--silent", "--no-save", "--prefix", staged, `${name}@${version}`];
  const code = await run("npm", args, { stdio: ["ignore", "ignore", "inherit"] });
  if (code !== 0) fail(`npm could not install ${name}@${version}.`, "See npm's words above.");
  try {
    renameSync(staged, home);
  } catch {
    // Somebody else was faster.
    rmSync(staged, { recursive: true, force: true });
  }
  return home;
}

/** Runs a command to its end and gives back its exit code. */
function run(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, options);
    child.on("error", () => {
      fail(`${command} does not start.`, "Install Node.js 20 or newer together with npm.");
    });
    child.on("close", resolve);
  });
}

async function nodeHome() {
  const arch = { x64: "x64", arm64: "arm64" }[process.arch];
  if (!arch || !["linux", "darwin"].includes(process.platform)) {
    fail(
      `The scripts run on Linux and macOS, x64 and arm64, not on ${process.platform} ${process.arch}.`,
      "Use a machine, a container or a virtual machine of one of these kinds.",
    );
  }
  const name = `node-${process.platform}-${arch}`;
  return join(await install(name, NODE), "node_modules", name, "bin");
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

mkdirSync(cache, { recursive: true });
const [bin, pnpm] = await Promise.all([nodeHome(), install("pnpm", PNPM)]);
const path = [bin, join(pnpm, "node_modules", ".bin"), process.env.PATH].join(delimiter);
await installWorkspace(path);

const child = spawn(join(bin, "node"), [script, ...args], {
  stdio: "inherit",
  env: { ...process.env, PATH: path, PLAYBOOK_CACHE: cache },
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
