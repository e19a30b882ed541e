import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Context, need } from "@playbook/action";
import { downloadArtifact } from "@playbook/github";

/** Where a build is: in a folder that is here, or in the artifact of another run. */
export type BuildPlace = {
  folder?: string | undefined;
  artifact: string;
  runId?: number | undefined;
  /** `owner/name`. */
  repository: string;
  token: string;
  mode: string;
};

/**
 * Does something with the folder of a build. What was fetched for it is gone afterwards. Throws
 * `artifact-refused` and what else `downloadArtifact` does.
 */
export async function withBuild<Result>(
  { folder, artifact, runId, repository, token, mode }: BuildPlace,
  context: Context,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  if (folder) return work(folder);
  const from = { runId: need(runId, "run-id", mode), repository, token };
  const scratch = await mkdtemp(join(tmpdir(), "preview-"));
  try {
    const build = join(scratch, "build");
    await downloadArtifact(artifact, build, context, { from });
    return await work(build);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
