import { type Context, need, type parseInputs, type Report } from "@playbook/action";
import type { schema } from "./inputs.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> & {
  /** `owner/name`: whose deployment it is. */
  repository: string;
  /** The product's commit, when it is known. */
  commit: string | null;
  /** Which run it is, for whoever reads what it stored. */
  run?: string;
};

const artifacts = () => import("@playbook/github");

/** Plans what the chains lack, or applies a plan: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  if (inputs.mode === "plan") {
    const { plan } = await import("./plan/plan.ts");
    const report = await plan(inputs, context);
    await store(inputs.artifact, inputs.plan, context);
    return report;
  }
  const planDigest = need(inputs.planDigest, "plan-digest", "apply");
  const region = need(inputs.region, "region", "apply");
  const key = need(inputs.key, "key", "apply");
  const state = need(inputs.state, "state", "apply");
  if (inputs.artifact) {
    const { downloadArtifact } = await artifacts();
    await downloadArtifact(inputs.artifact, inputs.plan, context);
  }
  const { apply } = await import("./apply/apply.ts");
  const report = await apply({ ...inputs, planDigest, region, key, state }, context);
  const name = inputs.artifact && `${inputs.artifact}-result`;
  const digest = await store(name, inputs.result, context);
  return { ...report, outputs: { ...report.outputs, "result-digest": digest } };
}

/** The digest of what was stored; empty when nothing was. */
async function store(name: string | undefined, folder: string, context: Context): Promise<string> {
  if (!name) return "";
  const { uploadArtifact } = await artifacts();
  return (await uploadArtifact(name, folder, context)).digest;
}
