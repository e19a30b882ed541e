import { type HardforkName, readHardforks } from "@playbook/axon";
import type { Ask, ForkStatus } from "@playbook/rollout";

const ORDER: readonly ForkStatus[] = ["unknown", "proposed", "determined", "enabled"];

/** How far a node is with all of these features: as far as with the one that is least far. */
export async function statusOf(features: readonly HardforkName[], ask: Ask): Promise<ForkStatus> {
  const known = readHardforks(await ask("axon_getHardforkInfo"));
  const ranks = features.map((feature) => ORDER.indexOf(known[feature] ?? "unknown"));
  return ORDER[Math.min(...ranks)] ?? "unknown";
}
