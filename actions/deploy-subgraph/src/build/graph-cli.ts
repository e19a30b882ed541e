import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { ActionError, type Context } from "@playbook/action";
import { type Environment, plain, runChild } from "@playbook/child";
import { apiOf, hostOf } from "@playbook/subgraph";

const QUOTED_LINES = 20;

export type Building = {
  project: string;
  /** Where the build is put. */
  into: string;
  /** `--network` and its file, if addresses are to be put in. */
  network?: { name: string; file: string } | undefined;
  /** The subgraphs that it is made of, and where their schemas are read. */
  made?: { of: string[]; ipfs?: string | undefined };
  env: Environment;
};

/**
 * Builds a subgraph by the project's own graph-cli: generates its types, compiles its mappings.
 * Throws `no-graph-cli`, `build-failed`.
 */
export async function buildSubgraph(
  { project, into, network, made = { of: [] }, env }: Building,
  { signal, progress }: Context,
): Promise<void> {
  const graph = findGraph(resolve(project));
  const placed = network ? ["--network", network.name, "--network-file", network.file] : [];
  const PATH = [dirname(graph), env.PATH].join(delimiter);
  const steps = [
    await codegen(project, graph, made),
    { name: "build", command: [graph, "build", "--output-dir", into, ...placed] },
  ];
  for (const { name, command } of steps) {
    const [program = "", ...args] = command;
    progress(`graph ${name}`);
    const ended = await runChild(program, args, { cwd: project, env: { ...env, PATH }, signal });
    if (ended.code === 0) continue;
    throw new ActionError("build-failed", {
      what: `graph ${name} failed.`,
      why: `It says:\n${mattering(plain(`${ended.stderr}\n${ended.stdout}`))}${reading(made)}`,
      next: "Mend the subgraph: `graph codegen && graph build` has to succeed in its folder.",
    });
  }
}

type Step = { name: string; command: string[] };
type Made = NonNullable<Building["made"]>;

/**
 * By the project's own script, where it has one: its mappings count on the folder that it names.
 * Not by one that wants variables, which nobody gives it here.
 */
async function codegen(project: string, graph: string, { of, ipfs }: Made): Promise<Step> {
  const name = "codegen";
  const call = `graph ${name}`;
  const flags = of.length > 0 && ipfs ? ["--ipfs", apiOf(ipfs)] : [];
  const text = await readFile(join(project, "package.json"), "utf8").catch(() => "{}");
  const { scripts } = JSON.parse(text) as { scripts?: Record<string, unknown> };
  const own = String(scripts?.codegen ?? "");
  if (!own.includes(call) || own.includes("$")) {
    return { name, command: [graph, name, ...flags] };
  }
  return { name, command: ["sh", "-c", own.replaceAll(call, `${call} "$@"`), "sh", ...flags] };
}

/** graph-cli ends without a word when it cannot read another subgraph's schema. */
function reading({ of, ipfs }: Made): string {
  if (of.length === 0) return "";
  const where = ipfs ? hostOf(ipfs) : "The Graph's own IPFS, since `ipfs` is not given";
  return `\nIt reads the schemas of ${of.join(", ")} from ${where}.`;
}

/** As npm finds it: in the folder, or in one that it lies in. */
function findGraph(project: string): string {
  for (let folder = project; ; folder = dirname(folder)) {
    const path = join(folder, "node_modules", ".bin", "graph");
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) break;
  }
  throw new ActionError("no-graph-cli", {
    what: "The project has no graph-cli.",
    why: `There is no node_modules/.bin/graph in ${project} or above it.`,
    next:
      "Add @graphprotocol/graph-cli to its packages, and " +
      "install them before: `install: npm ci`.",
  });
}

/** Where its own code is, and where its makers can be found: of no use to whoever reads it. */
const NOISE = /^\s+at |^Error: EEXIT|^Suggestion:|^Also, please contact|^- (Discord|Github)/;

/** What went wrong first, and what it says after that. */
function mattering(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !NOISE.test(line));
  const first = lines.findIndex((line) => /\b(ERROR|Error)\b|✖/.test(line));
  return lines.slice(Math.max(0, first)).slice(0, QUOTED_LINES).join("\n");
}
