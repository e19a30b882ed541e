import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context, parseInputs, Report } from "@playbook/action";
import { connect, downloadArtifact } from "@playbook/github";
import { need } from "@playbook/site/inputs";
import { deploy } from "./deploy.ts";
import type { schema } from "./inputs.ts";
import type { Turn } from "./name.ts";
import { remove } from "./remove.ts";
import { sweep } from "./sweep.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> & {
  /** `owner/name`: whose pull requests they are. */
  repository: string;
  /** URL of GitHub's pages. */
  server: string;
  /** The run that this is part of. */
  turn: Turn;
};

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
  return deploy(asked, octokit, (work) => withSite(inputs, context, work), context);
}

/** Does something with the folder of the site: it is here, or in the artifact of another run. */
async function withSite<Result>(
  { folder, artifact, runId, repository, token, mode }: Inputs,
  context: Context,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  if (folder) return work(folder);
  const from = { runId: need(runId, "run-id", mode), repository, token };
  const scratch = await mkdtemp(join(tmpdir(), "deploy-preview-"));
  try {
    const site = join(scratch, "site");
    await downloadArtifact(artifact, site, context, { from });
    return await work(site);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
