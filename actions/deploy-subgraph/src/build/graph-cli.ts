import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ActionError, type Context } from "@playbook/action";
import { type Environment, plain, runChild } from "@playbook/child";

const QUOTED_LINES = 20;

export type Building = {
  project: string;
  /** Where the build is put. */
  into: string;
  /** `--network` and its file, if addresses are to be put in. */
  network?: { name: string; file: string } | undefined;
  env: Environment;
};

/**
 * Builds a subgraph by the project's own graph-cli: generates its types, compiles its mappings.
 * Throws `no-graph-cli`, `build-failed`.
 */
export async function buildSubgraph(
  { project, into, network, env }: Building,
  { signal, progress }: Context,
): Promise<void> {
  const graph = findGraph(resolve(project));
  const placed = network ? ["--network", network.name, "--network-file", network.file] : [];
  for (const args of [["codegen"], ["build", "--output-dir", into, ...placed]]) {
    progress(`graph ${args[0]}`);
    const ended = await runChild(graph, args, { cwd: project, env, signal });
    if (ended.code === 0) continue;
    throw new ActionError("build-failed", {
      what: `graph ${args[0]} failed.`,
      why: `It says:\n${mattering(plain(`${ended.stderr}\n${ended.stdout}`))}`,
      next: "Mend the subgraph: `graph codegen && graph build` has to succeed in its folder.",
    });
  }
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
    next: "Add @graphprotocol/graph-cli to its packages, and install them before: `install: npm ci`.",
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
