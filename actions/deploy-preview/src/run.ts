import { type Context, type Job, need, type parseInputs, type Report } from "@playbook/action";
import { connect } from "@playbook/github";
import { withBuild } from "@playbook/preview";
import { deploy } from "./deploy.ts";
import type { schema } from "./inputs.ts";
import { remove } from "./remove.ts";
import { sweep } from "./sweep.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> &
  Omit<Job, "run">;

/** Shows a preview, or takes previews away: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  context.mask(inputs.token);
  const octokit = connect(inputs.token, context);
  if (inputs.mode === "sweep") return sweep(inputs, octokit, context);
  if (inputs.mode === "remove") {
    const pull = need(inputs.pullRequest, "pull-request", inputs.mode);
    return remove({ ...inputs, pull }, octokit, context);
  }
  const { head, headSha, url, productionUrl, mode } = inputs;
  const asked = {
    ...inputs,
    head: need(head, "head", mode),
    headSha: need(headSha, "head-sha", mode),
    url: need(url, "url", mode),
    productionUrl: need(productionUrl, "production-url", mode),
  };
  return deploy(asked, octokit, (work) => withBuild(inputs, context, work), context);
}
