import { ActionError, type Context, need, type parseInputs, type Report } from "@playbook/action";
import type { schema } from "./inputs.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> & {
  commit: string | null;
  /** Time of the commit, as far as the event tells it. */
  committed?: number | undefined;
  /** Which run it is, for whoever reads what it stored. */
  run?: string;
  /** What all attempts of this run have in common; null for a terminal. */
  by?: string | null;
};

// Loaded when they are needed: artifacts are half of the size.
const artifacts = () => import("@playbook/github");

/** Plans, releases, or goes back to an earlier release: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  if (inputs.mode === "rollback") return goBack(inputs, context);
  const release = need(inputs.release, "release", inputs.mode);
  const { artifact, artifactDigest: digest, folder } = inputs;
  if (artifact && inputs.mode === "apply") {
    const { downloadArtifact } = await artifacts();
    await downloadArtifact(artifact, folder, context, digest ? { digest } : {});
  }
  const { immutable, perRelease, routing } = inputs;
  const settings = { ...inputs, release, routes: { immutable, perRelease, routing } };
  if (inputs.mode === "plan") {
    const { plan } = await import("./plan.ts");
    const report = await plan(settings, context);
    return artifact ? handOver(report, artifact, folder, context) : report;
  }
  const order = orderOf(inputs);
  const { apply } = await import("./apply.ts");
  return apply({ ...settings, ...reachOf(inputs), order }, context);
}

/** Stores the folder for the job that releases it. */
async function handOver(
  { outputs, ...report }: Report,
  artifact: string,
  folder: string,
  context: Context,
): Promise<Report> {
  const { uploadArtifact } = await artifacts();
  const { digest } = await uploadArtifact(artifact, folder, context);
  return { ...report, outputs: { ...outputs, "artifact-digest": digest } };
}

async function goBack(inputs: Inputs, context: Context): Promise<Report> {
  const { rollback } = await import("./rollback.ts");
  return rollback({ ...inputs, ...reachOf(inputs) }, context);
}

/** The inputs that reach the site. */
function reachOf({ mode, region, bucket, url, distribution, keyValueStore, by = null }: Inputs) {
  if (!keyValueStore) need(distribution, "distribution", mode);
  return {
    region: need(region, "region", mode),
    bucket: need(bucket, "bucket", mode),
    url: need(url, "url", mode),
    by,
  };
}

function orderOf({ order, committed }: Inputs): number {
  const found = order ?? committed;
  if (found !== undefined) return found;
  throw new ActionError("bad-input", {
    what: '"order" is missing.',
    why:
      "The event that started this run does not tell the " +
      "commit's time, which says what is older.",
    next: "Hand it over from the job that builds: `git log -1 --format=%ct`.",
  });
}
