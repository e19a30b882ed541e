import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Context, need, type Report } from "@playbook/action";
import { readRegistry } from "@playbook/hyperlane";

export type Files = {
  registry: string;
  configs?: string | undefined;
  chains: string[];
  /** The list of agents, which may be in an artifact of its own. */
  agents?: string | undefined;
  agentsArtifact?: string | undefined;
  agentsDigest?: string | undefined;
  /** Artifact that carries the files from `pack` to a job without a checkout. */
  artifact?: string | undefined;
  artifactDigest?: string | undefined;
};

// Loaded when they are needed: artifacts are half of the size.
const artifacts = () => import("@playbook/github");

/** Where the files are in an artifact; the result of deploy-hyperlane-core has them, too. */
const PLACES = { registry: "registry", configs: "configs", agents: "agents.yaml" } as const;

const KINDS = ["registry", "configs", "agents"] as const;

/** Stores a registry and what belongs to it for a job that has rights and no checkout. */
export async function pack({ artifact, ...files }: Files, context: Context): Promise<Report> {
  const name = need(artifact, "artifact", "pack");
  await readRegistry(files);
  const folder = await mkdtemp(join(tmpdir(), "hyperlane-files-"));
  try {
    for (const kind of KINDS) {
      const path = files[kind];
      if (path === undefined) continue;
      await cp(path, join(folder, PLACES[kind]), { recursive: true, dereference: true });
    }
    const { uploadArtifact } = await artifacts();
    const { digest } = await uploadArtifact(name, folder, context);
    return { outputs: { "artifact-digest": digest } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same files out of the artifacts, if there are any; they are gone with the stack. */
export async function unpack<Inputs extends Files & { mode: string }>(
  inputs: Inputs,
  context: Context,
  stack: AsyncDisposableStack,
): Promise<Inputs> {
  const { artifact, artifactDigest, agents, agentsArtifact, agentsDigest, mode } = inputs;
  const fetched = { ...inputs };
  if (artifact) {
    const digest = need(artifactDigest, "artifact-digest", mode);
    const folder = await fetchFiles({ name: artifact, digest }, context, stack);
    const placed = (kind: keyof typeof PLACES) => {
      const path = join(folder, PLACES[kind]);
      return existsSync(path) ? path : undefined;
    };
    fetched.registry = join(folder, PLACES.registry);
    fetched.configs = placed("configs");
    fetched.agents = placed("agents") ?? agents;
  }
  if (agents && agentsArtifact) {
    const digest = need(agentsDigest, "agents-digest", mode);
    const folder = await fetchFiles({ name: agentsArtifact, digest }, context, stack);
    fetched.agents = join(folder, agents);
  }
  return fetched;
}

async function fetchFiles(
  { name, digest }: { name: string; digest: string },
  context: Context,
  stack: AsyncDisposableStack,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hyperlane-files-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { downloadArtifact } = await artifacts();
  await downloadArtifact(name, join(folder, "files"), context, { digest });
  return join(folder, "files");
}
