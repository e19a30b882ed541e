import { type Environment, runChild } from "@playbook/child";
import type { Made } from "@playbook/subgraph";

/** The commit of a folder and when it was made; of one that is in no repository, `now`. */
export async function commitOf(folder: string, now: number, env: Environment): Promise<Made> {
  const args = ["-C", folder, "log", "-1", "--format=%H %ct"];
  const said = await runChild("git", args, { env }).catch(() => undefined);
  const [, commit, order] = /^([0-9a-f]{40,}) (\d+)$/.exec(said?.stdout.trim() ?? "") ?? [];
  if (said?.code !== 0 || !commit) return { commit: null, order: Math.floor(now / 1_000) };
  return { commit, order: Number(order) };
}
