import { ActionError } from "@playbook/action";
import { HISTORY_MAX, type Keeper } from "@playbook/kube";
import { recordName } from "@playbook/rollout";
import type { Amounts } from "./preflight/room/capacity.ts";
import type { Inputs, Prepared } from "./prepare.ts";

const SNAPSHOTS = "count/volumesnapshots.snapshot.storage.k8s.io";

type Seen = Pick<Prepared, "release" | "scene" | "snapshots">;

/** What a rollout makes that no chart renders, by the names that quotas count it by. */
export async function passingOf(
  { release, scene, snapshots }: Seen,
  maps: readonly Keeper[],
  { release: name }: Pick<Inputs, "release">,
): Promise<Amounts> {
  const isApplied = await release.isApplied();
  const isFull = (await release.revisions()).length >= HISTORY_MAX;
  const isNoted = maps.some(({ metadata }) => metadata.name === recordName(name));
  const made = { secrets: 0, configmaps: Number(!isNoted) };
  made[release.keeper] += Number(!isApplied && !isFull);
  return {
    ...{ ...made, "count/secrets": made.secrets, "count/configmaps": made.configmaps },
    [SNAPSHOTS]: await snapshotsOf({ scene, snapshots }, isApplied),
  };
}

/**
 * One for each validator's volume, where there is no other way back; a run before has taken some.
 */
async function snapshotsOf(
  { scene, snapshots }: Pick<Seen, "scene" | "snapshots">,
  isApplied: boolean,
): Promise<number> {
  const wanted = scene.posts.filter((post) => snapshots.stateOf(post) !== "unwanted");
  // Each is named after a revision of its set, which a release makes as it is applied.
  if (wanted.length === 0 || !isApplied) return wanted.length;
  try {
    await snapshots.refresh();
    return wanted.filter((post) => snapshots.stateOf(post) === "missing").length;
  } catch (error) {
    // Who may only plan may not list them.
    if (error instanceof ActionError && error.code === "kube-forbidden") return 0;
    throw error;
  }
}
