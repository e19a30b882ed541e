import { cp, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Context, need, type Report } from "@playbook/action";
import { readRegistry } from "@playbook/hyperlane";

export type Files = {
  registry: string;
  configs?: string | undefined;
  chains: string[];
  /** Artifact that carries the files from `pack` to a job without a checkout. */
  artifact?: string | undefined;
  artifactDigest?: string | undefined;
};

// Loaded when they are needed: artifacts are half of the size.
const artifacts = () => import("@playbook/github");

/** Where the files are in an artifact; the result of deploy-hyperlane-core has them, too. */
const PLACES = { registry: "registry", configs: "configs" };

/** Stores a registry and its configs for a job that has rights and no checkout. */
export async function pack({ artifact, ...files }: Files, context: Context): Promise<Report> {
  const name = need(artifact, "artifact", "pack");
  await readRegistry(files);
  const folder = await mkdtemp(join(tmpdir(), "hyperlane-files-"));
  try {
    const { registry, configs } = files;
    await cp(registry, join(folder, PLACES.registry), { recursive: true, dereference: true });
    if (configs !== undefined) {
      await cp(configs, join(folder, PLACES.configs), { recursive: true, dereference: true });
    }
    const { uploadArtifact } = await artifacts();
    const { digest } = await uploadArtifact(name, folder, context);
    return { outputs: { "artifact-digest": digest } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same files out of the artifact, if there is one; they are gone with the stack. */
export async function unpack<Inputs extends Files & { mode: string }>(
  inputs: Inputs,
  context: Context,
  stack: AsyncDisposableStack,
): Promise<Inputs> {
  if (!inputs.artifact) return inputs;
  const digest = need(inputs.artifactDigest, "artifact-digest", inputs.mode);
  const folder = await mkdtemp(join(tmpdir(), "hyperlane-files-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { downloadArtifact } = await artifacts();
  await downloadArtifact(inputs.artifact, join(folder, "files"), context, { digest });
  const configs = join(folder, "files", PLACES.configs);
  const hasConfigs = await stat(configs).then(
    () => true,
    () => false,
  );
  return {
    ...inputs,
    registry: join(folder, "files", PLACES.registry),
    configs: hasConfigs ? configs : undefined,
  };
}
