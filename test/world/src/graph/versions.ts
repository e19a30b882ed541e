import type { Deployment, Name, NodeState } from "./state.ts";

/** When a new version answers under its name: at once, or only once it is synced. */
export type SwitchingMode = "instant" | "synced";

export function createName({ names }: NodeState, name: string): void {
  if (!names.has(name)) names.set(name, { versions: [] });
}

/** Makes a deployment the current or the pending version of a name that is there. */
export function deployVersion(
  state: NodeState,
  name: string,
  { hash, synced }: Deployment,
  mode: SwitchingMode,
): void {
  const named = state.names.get(name) as Name;
  const current = state.deployments.get(named.current ?? "");
  const waits = mode === "synced" && current?.synced === true;
  if ((waits ? named.pending : named.current) === hash) return;

  if (!named.versions.includes(hash)) named.versions.push(hash);
  if (waits && !synced) {
    named.pending = hash;
  } else {
    named.current = hash;
    named.pending = undefined;
  }
}

/** A deployment that is synced becomes current wherever it was pending. */
export function promote({ names }: NodeState, hash: string): void {
  for (const named of names.values()) {
    if (named.pending !== hash) continue;
    named.current = hash;
    named.pending = undefined;
  }
}

export function removeName({ names }: NodeState, name: string): void {
  names.delete(name);
}

/** Nobody indexes any longer what is neither current nor pending under any name. */
export function dropAssignments(state: NodeState): void {
  const used = usedDeployments(state);
  for (const deployment of state.deployments.values()) {
    if (used.has(deployment.hash)) continue;
    deployment.node = undefined;
    deployment.paused = false;
  }
}

/**
 * Removes the deployments that nobody indexes, with their data, as graph-node does hours later.
 * Returns which.
 */
export function reap(state: NodeState): string[] {
  const used = usedDeployments(state);
  const unused = [...state.deployments.keys()].filter((hash) => !used.has(hash));
  for (const hash of unused) state.deployments.delete(hash);
  return unused;
}

function usedDeployments({ names }: NodeState): Set<string> {
  return new Set(
    [...names.values()].flatMap(({ current, pending }) => [current, pending]) as string[],
  );
}
