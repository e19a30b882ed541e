import {
  ActionError,
  type Context,
  explain,
  failureSummary,
  type parseInputs,
  type Report,
} from "@playbook/action";
import { need, type schema } from "./inputs.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> & {
  /** `owner/name`: whose deployment it is. */
  repository: string;
  /** The product's commit, when it is known. */
  commit: string | null;
};

/** Folder for what a release leaves behind. */
const RELEASE_FOLDER = ".playbook/release";

// Loaded when they are needed: planning and applying share little, and artifacts are half of the size.
const artifacts = () => import("@playbook/github");
const planner = () => import("./plan/planner.ts");
const applier = () => import("./apply/apply.ts");

/** Plans a release, or applies a plan: see action.yml. */
export function run(inputs: Inputs, context: Context): Promise<Report> {
  if (inputs.mode === "apply") return applyRelease(inputs, context);
  return inputs.optional ? tryToPlan(inputs, context) : planRelease(inputs, context);
}

/** What keeps a release from being planned is no error while a stored plan of it may be continued. */
async function tryToPlan(inputs: Inputs, context: Context): Promise<Report> {
  try {
    return await planRelease(inputs, context);
  } catch (error) {
    if (!(error instanceof ActionError) || context.signal.aborted) throw error;
    const stored = `If release ${inputs.release} is begun or finished, its stored plan counts.`;
    context.warn(`There is no new plan. ${stored}\n${explain(error)}`);
    const said = `${stored} For a new one, mend this:`;
    const summary = `## No new plan\n\n${said}\n\n${failureSummary(error, "WARNING")}`;
    return { outputs: { "plan-digest": "", steps: "" }, summary };
  }
}

async function planRelease(inputs: Inputs, context: Context): Promise<Report> {
  const { makePlan } = await planner();
  const { plan, digest, folder, summary, warnings } = await makePlan(
    {
      ...inputs,
      deployment: deploymentOf(inputs),
      chains: need(inputs.chains, "chains", "plan"),
      scripts: need(inputs.scripts, "scripts", "plan"),
      sender: need(inputs.sender, "sender", "plan"),
    },
    context,
  );
  for (const warning of warnings) context.warn(warning);
  if (inputs.artifact) {
    const { uploadArtifact } = await artifacts();
    await uploadArtifact(inputs.artifact, folder, context);
  }
  return { outputs: { "plan-digest": digest, steps: plan.steps.length }, summary };
}

async function applyRelease(inputs: Inputs, context: Context): Promise<Report> {
  const { artifact, planDigest } = inputs;
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
      release: RELEASE_FOLDER,
    },
    context,
  );
  // Runs for some of the chains are at work at once, and an artifact has one author.
  if (artifact && inputs.chains.length === 0) {
    const { uploadArtifact } = await artifacts();
    await uploadArtifact(`${artifact}-result`, RELEASE_FOLDER, context);
  }
  return report;
}

function deploymentOf({ repository, environment, release }: Inputs) {
  return { repository, environment, release };
}
