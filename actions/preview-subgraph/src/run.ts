import { type Context, type Job, need, type parseInputs, type Report } from "@playbook/action";
import { connect } from "@playbook/github";
import { withBuild } from "@playbook/preview";
import { deploy } from "./deploy.ts";
import type { schema } from "./inputs.ts";
import { checkApart, type Place } from "./place.ts";
import { remove } from "./remove.ts";
import { sweep } from "./sweep.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> &
  Omit<Job, "run">;

/** Shows a preview, or takes previews away: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  const { token, adminToken, mode } = inputs;
  context.mask(token);
  context.mask(adminToken ?? "");
  context.mask(inputs.ipfsToken ?? "");
  const place: Place = { ...inputs, token: adminToken };
  checkApart(place);
  const octokit = connect(token, context);
  if (mode === "sweep") return sweep(place, octokit, context);
  if (mode === "remove") {
    return remove(place, need(inputs.pullRequest, "pull-request", mode), octokit, context);
  }
  const asked = {
    ...{ ipfs: need(inputs.ipfs, "ipfs", mode), head: need(inputs.head, "head", mode) },
    ipfsToken: inputs.ipfsToken,
    headSha: need(inputs.headSha, "head-sha", mode),
    reviewedEnvironment: inputs.reviewedEnvironment,
    ...{ lag: inputs.lag, wait: Math.min(inputs.wait, inputs.deadline - MARGIN_MS) },
  };
  return deploy(place, asked, octokit, (work) => withBuild(inputs, context, work), context);
}

/** Before its deadline a run still has to say what it has done. */
const MARGIN_MS = 60_000;
