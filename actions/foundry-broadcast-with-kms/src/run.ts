import {
  ActionError,
  type Context,
  explain,
  failureSummary,
  need,
  type parseInputs,
  type Report,
} from "@playbook/action";
import type { Deployment } from "@playbook/evm";
import type { schema } from "./inputs.ts";
import { planError } from "./plan-error.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> & {
  /** `owner/name`: whose deployment it is. */
  repository: string;
  /** The product's commit, when it is known. */
  commit: string | null;
  /** Which run it is, for whoever reads what it stored. */
  run?: string;
};

/**
 * Folder for what a release leaves behind, or, while a part is planned, what the part before has.
 */
const RELEASE_FOLDER = ".playbook/release";

/** Folder for what another release has left behind. */
const PROMOTED_FOLDER = ".playbook/promoted";

// Loaded when they are needed: planning and applying share little, and artifacts are half of the
// size.
const artifacts = () => import("@playbook/github");
const promotion = () => import("./promotion/promoted.ts");
const planner = () => import("./plan/planner.ts");
const applier = () => import("./apply/apply.ts");
const adopter = () => import("./adopt/adopt.ts");
const abandoner = () => import("./abandon/abandon.ts");

/** Plans a release, or applies a plan: see action.yml. */
export function run(inputs: Inputs, context: Context): Promise<Report> {
  if (inputs.mode === "apply") return applyRelease(inputs, context);
  if (inputs.mode === "abandon") return abandonRelease(inputs, context);
  if (inputs.mode === "adopt") return adoptKey(inputs, context);
  return inputs.optional ? tryToPlan(inputs, context) : planRelease(inputs, context);
}

/**
 * What keeps a release from being planned is no error while a stored plan of it may be continued.
 */
async function tryToPlan(inputs: Inputs, context: Context): Promise<Report> {
  try {
    return await planRelease(inputs, context);
  } catch (error) {
    if (!(error instanceof ActionError) || context.signal.aborted) throw error;
    const stored = `If release ${inputs.release} is begun or finished, its stored plan counts.`;
    context.warn(`There is no new plan. ${stored}\n${explain(error)}`);
    const said = `${stored} For a new one, mend this:`;
    const summary = `## No new plan\n\n${said}\n\n${failureSummary(error, "WARNING")}`;
    const outputs = { "plan-digest": "", steps: "", "plan-error": planError(explain(error)) };
    return { outputs, summary };
  }
}

async function planRelease(inputs: Inputs, context: Context): Promise<Report> {
  const { artifact } = namesOf(inputs);
  await fetchBefore(inputs, context);
  const { makePlan } = await planner();
  const { plan, digest, folder, summary, warnings } = await makePlan(
    {
      ...inputs,
      deployment: deploymentOf(inputs),
      chains: need(inputs.chains, "chains", "plan"),
      scripts: need(inputs.scripts, "scripts", "plan"),
      sender: need(inputs.sender, "sender", "plan"),
      before: RELEASE_FOLDER,
      promoted: await fetchPromoted(inputs, context),
      layouts: inputs.layouts ?? `storage-layouts/${inputs.environment}.json`,
    },
    context,
  );
  for (const warning of warnings) context.warn(warning);
  if (artifact) {
    const { uploadArtifact } = await artifacts();
    await uploadArtifact(artifact, folder, context);
  }
  return { outputs: { "plan-digest": digest, steps: plan.steps.length }, summary };
}

/** The release that this one repeats, out of its results. */
async function fetchPromoted({ promotes, promotesDigest }: Inputs, context: Context) {
  if (!promotes) return undefined;
  const { readPromoted } = await promotion();
  if (promotes.includes("/")) return readPromoted(promotes, promotesDigest);
  const { downloadArtifact } = await artifacts();
  await downloadArtifact(promotes, PROMOTED_FOLDER, context);
  return readPromoted(PROMOTED_FOLDER, promotesDigest);
}

/** The results of the part before. Where no run of it has stored any, the planner says so. */
async function fetchBefore(inputs: Inputs, context: Context): Promise<void> {
  const { before } = namesOf(inputs);
  if (!before) return;
  const { downloadArtifact } = await artifacts();
  await downloadArtifact(before, RELEASE_FOLDER, context).catch((error) => {
    if (!(error instanceof ActionError) || error.code !== "artifact-missing") throw error;
  });
}

async function applyRelease(inputs: Inputs, context: Context): Promise<Report> {
  const { planDigest } = inputs;
  const { artifact, result } = namesOf(inputs);
  const region = need(inputs.region, "region", "apply");
  const key = need(inputs.key, "key", "apply");
  const state = need(inputs.state, "state", "apply");
  if (artifact && planDigest) {
    const { downloadArtifact } = await artifacts();
    await downloadArtifact(artifact, inputs.plan, context);
  }

  const { role, sender, profile: _, ...rest } = inputs;
  const { apply } = await applier();
  const report = await apply(
    {
      ...rest,
      ...{ role, sender, region, key, state, planDigest },
      deployment: deploymentOf(inputs),
      // A folder of the repository is not here: what the plan says of it has to be enough.
      promoted:
        planDigest && !inputs.promotes?.includes("/")
          ? await fetchPromoted(inputs, context)
          : undefined,
      release: RELEASE_FOLDER,
    },
    context,
  );
  // Runs for some of the chains are at work at once, and an artifact has one author.
  if (result && inputs.chains.length === 0) {
    const { uploadArtifact } = await artifacts();
    await uploadArtifact(result, RELEASE_FOLDER, context);
    const where = `Artifact \`${result}\` holds all of it, with the files that the scripts wrote.`;
    return { ...report, summary: `${report.summary}\n\n${where}` };
  }
  return report;
}

async function abandonRelease(inputs: Inputs, context: Context): Promise<Report> {
  const { abandon } = await abandoner();
  return abandon({ ...reachOf(inputs), deployment: deploymentOf(inputs) }, context);
}

async function adoptKey(inputs: Inputs, context: Context): Promise<Report> {
  const { adopt } = await adopter();
  const chains = need(inputs.chains, "chains", "adopt");
  return adopt({ ...reachOf(inputs), deployment: deploymentOf(inputs), chains }, context);
}

/** The inputs with those that reach the key and the state, for a mode that has no artifact. */
function reachOf({ role, sender, ...inputs }: Inputs) {
  const region = need(inputs.region, "region", inputs.mode);
  const key = need(inputs.key, "key", inputs.mode);
  const state = need(inputs.state, "state", inputs.mode);
  return { ...inputs, role, sender, region, key, state };
}

function deploymentOf({ repository, environment, release, stepwise }: Inputs): Deployment {
  const named = { repository, environment, release };
  return stepwise === undefined ? named : { ...named, part: stepwise };
}

/** What the artifacts are called: each part of a release has its own. */
function namesOf({ artifact, stepwise }: Inputs) {
  if (!artifact || stepwise === undefined)
    return { artifact, result: artifact && `${artifact}-result` };
  const name = (part: number) => `${artifact}-part-${part}`;
  const before = stepwise === 1 ? undefined : `${name(stepwise - 1)}-result`;
  return { artifact: name(stepwise), result: `${name(stepwise)}-result`, before };
}
