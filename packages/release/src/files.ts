import { cp, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { ActionError, type Context, type Report } from "@playbook/action";

/** The files that a release is made of: values, and a chart of the repository's own. */
export type Files = { values: readonly string[]; chart?: string | undefined };

export type Packed = { artifact?: string | undefined; artifactDigest?: string | undefined };

// Loaded when they are needed: artifacts are half of the size.
const artifacts = () => import("@playbook/github");

/**
 * Stores the files of a release for a job that has rights and no checkout. Throws `bad-input` for a
 * file that is not below this folder.
 */
export async function pack(
  { values, chart, artifact }: Files & Packed,
  context: Context,
): Promise<Report> {
  if (!artifact) throw missing("artifact", "It names what is stored for the job that releases.");
  const { uploadArtifact } = await artifacts();
  const folder = await mkdtemp(join(tmpdir(), "release-files-"));
  try {
    const here = await realpath(".");
    for (const file of [...values, ...(isLocal(chart) ? [chart] : [])]) {
      const path = relative(here, await inside(here, file));
      await cp(resolve(here, path), join(folder, path), { recursive: true, dereference: true });
    }
    const { digest } = await uploadArtifact(artifact, folder, context);
    return { outputs: { "artifact-digest": digest } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same files, out of the artifact if there is one; they are gone with the stack. */
export async function unpack<Inputs extends Files & Packed>(
  inputs: Inputs,
  context: Context,
  stack: AsyncDisposableStack,
): Promise<Inputs> {
  const { artifact, artifactDigest: digest, chart } = inputs;
  if (!artifact) return inputs;
  if (!digest) throw missing("artifact-digest", "What was stored could be something else by now.");
  const { downloadArtifact } = await artifacts();
  const folder = await mkdtemp(join(tmpdir(), "release-files-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await downloadArtifact(artifact, join(folder, "files"), context, { digest });
  const within = (file: string) => join(folder, "files", file);
  return {
    ...inputs,
    values: inputs.values.map(within),
    ...(isLocal(chart) && { chart: within(chart) }),
  };
}

function isLocal(chart: string | undefined): chart is string {
  return chart !== undefined && !/^(oci|https?):\/\//.test(chart);
}

async function inside(here: string, file: string): Promise<string> {
  const path = await realpath(file).catch(() => undefined);
  if (path && dirname(`${path}/x`).startsWith(`${here}/`)) return path;
  throw new ActionError("bad-input", {
    what: `There is no file ${file} in this folder.`,
    why: path ? "It leads out of the folder." : "Nothing has that name.",
    next: "Name files of values, and a chart's folder, from the repository's root on.",
  });
}

function missing(name: string, why: string): ActionError {
  return new ActionError("bad-input", {
    what: `"${name}" is missing.`,
    why,
    next: "Add it: the action's README shows both jobs.",
  });
}
