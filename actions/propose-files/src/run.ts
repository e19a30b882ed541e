import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ActionError, type Context, type parseInputs, type Report } from "@playbook/action";
import { connect, downloadArtifact, type Octokit } from "@playbook/github";
import { type ProposedFile, readFiles } from "./file.ts";
import type { schema } from "./inputs.ts";
import { propose } from "./propose.ts";
import { reportOf } from "./report.ts";
import { proposalRefusal } from "./repository.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> & {
  /** `owner/name`: where the files belong. */
  repository: string;
  /** URL of GitHub's pages. */
  server: string;
  /** Which of two runs is the newer one. */
  order: number;
};

/** Keeps a pull request with files up to date: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  const { token, repository, branch, title, body, order, server } = inputs;
  context.mask(token);
  const files = await filesOf(inputs, context);

  const octokit = connect(token, context);
  const [owner = "", repo = ""] = repository.split("/");
  const base = inputs.base ?? (await defaultBranch(octokit, { owner, repo, branch }));
  if (base === branch) throw sameBranch(branch);

  const place = { octokit, owner, repo, branch, base };
  const proposal = await propose(place, { files, order, title, body }, context);
  return reportOf(proposal, { server, repository, branch, base });
}

async function filesOf(inputs: Inputs, context: Context): Promise<ProposedFile[]> {
  const { artifact, artifactDigest: digest } = inputs;
  if (!artifact) return await readFiles(process.cwd(), inputs);

  const scratch = await mkdtemp(join(tmpdir(), "propose-files-"));
  try {
    const folder = join(scratch, "files");
    await downloadArtifact(artifact, folder, context, digest ? { digest } : {});
    return await readFiles(folder, inputs);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function defaultBranch(
  octokit: Octokit,
  { owner, repo, branch }: { owner: string; repo: string; branch: string },
): Promise<string> {
  try {
    return (await octokit.rest.repos.get({ owner, repo })).data.default_branch;
  } catch (error) {
    throw proposalRefusal(error, branch, "read");
  }
}

function sameBranch(branch: string): ActionError {
  return new ActionError("bad-input", {
    what: `"branch" is ${branch}, which the files are to go into.`,
    why: "A pull request goes from one branch into another.",
    next: "Give `branch` a name that nothing else has.",
  });
}
