import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context, parseInputs, Report } from "@playbook/action";
import { connect, downloadArtifact } from "@playbook/github";
import { need } from "@playbook/subgraph/inputs";
import { deploy } from "./deploy.ts";
import type { schema } from "./inputs.ts";
import { checkApart, type Place } from "./place.ts";
import { remove } from "./remove.ts";
import { sweep } from "./sweep.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> &
  Pick<Place, "repository" | "server" | "turn">;

/** Shows a preview, or takes previews away: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  const { token, adminToken, mode } = inputs;
  context.mask(token);
  context.mask(adminToken ?? "");
  const place: Place = { ...inputs, token: adminToken };
  checkApart(place);
  const octokit = connect(token, context);
  if (mode === "sweep") return sweep(place, octokit, context);
  if (mode === "remove") {
    return remove(place, need(inputs.pullRequest, "pull-request", mode), octokit, context);
  }
  const asked = {
    ...{ ipfs: need(inputs.ipfs, "ipfs", mode), head: need(inputs.head, "head", mode) },
    headSha: need(inputs.headSha, "head-sha", mode),
    reviewedEnvironment: inputs.reviewedEnvironment,
    ...{ lag: inputs.lag, wait: Math.min(inputs.wait, inputs.deadline - MARGIN_MS) },
  };
  return deploy(place, asked, octokit, (work) => withBuild(inputs, context, work), context);
}

/** Before its deadline a run still has to say what it has done. */
const MARGIN_MS = 60_000;

/** Does something with the folder of the build: it is here, or in the artifact of another run. */
async function withBuild<Result>(
  { folder, artifact, runId, repository, token, mode }: Inputs,
  context: Context,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  if (folder) return work(folder);
  const from = { runId: need(runId, "run-id", mode), repository, token };
  const scratch = await mkdtemp(join(tmpdir(), "preview-subgraph-"));
  try {
    const build = join(scratch, "build");
    await downloadArtifact(artifact, build, context, { from });
    return await work(build);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
