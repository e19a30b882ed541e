import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ActionError, type Context, type Report, reason } from "@playbook/action";
import {
  type AgentConfig,
  type Agents,
  type KnownChain,
  readAgentConfig,
  readAgents,
} from "@playbook/hyperlane";
import { pack, unpack } from "@playbook/release";
import type { Inputs } from "./run.ts";

/** What the product says that there shall be. */
export type Sources = {
  agents: Agents;
  config: AgentConfig;
  chains: KnownChain[];
  /** Files of values that all agents have in common. */
  values: string[];
};

/** Stores what the list is made of for a job that has rights and no checkout. */
export function packFiles(inputs: Inputs, context: Context): Promise<Report> {
  return pack({ values: filesOf(inputs), artifact: inputs.artifact }, context);
}

/**
 * Reads the files, from here or out of the artifacts, which are gone with the stack. Throws
 * `no-file`, and what is wrong with one.
 */
export async function readSources(
  inputs: Inputs,
  context: Context,
  stack: AsyncDisposableStack,
): Promise<Sources> {
  const { artifact, artifactDigest, configArtifact } = inputs;
  const files = await unpack({ values: filesOf(inputs), artifact, artifactDigest }, context, stack);
  const [list = "", ...rest] = files.values;
  const own = configArtifact ? await fromCore(configArtifact, context, stack) : rest.shift();
  const path = own ?? inputs.agentConfig;
  const { config, chains } = readAgentConfig(await textOf(path), inputs.agentConfig);
  const names = chains.map(({ name }) => name);
  const agents = readAgents(await textOf(list), inputs.agents, names);
  return { agents, config, chains, values: rest };
}

function filesOf({ agents, agentConfig, values, configArtifact }: Inputs): string[] {
  return [agents, ...(configArtifact ? [] : [agentConfig]), ...values];
}

/** The agent-config.json that deploy-hyperlane-core has stored in this run. */
async function fromCore(
  name: string,
  context: Context,
  stack: AsyncDisposableStack,
): Promise<string> {
  const { downloadArtifact } = await import("@playbook/github");
  const folder = await mkdtemp(join(tmpdir(), "agent-config-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await downloadArtifact(name, join(folder, "files"), context);
  return join(folder, "files", "agent-config.json");
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new ActionError(
      "no-file",
      {
        what: `${path} cannot be read.`,
        why: reason(error),
        next: "Correct the inputs `agents` and `agent-config`, or store the file beside them.",
      },
      { cause: error },
    );
  }
}
