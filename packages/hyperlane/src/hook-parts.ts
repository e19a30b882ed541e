import type { Address } from "@playbook/evm";
import type { Desired, GasPaymaster, Hook, StandingHook, StandingPaymaster } from "./model.ts";

/** The hooks that a hook hands messages on to. */
export function partsOf(hook: StandingHook): StandingHook[];
export function partsOf(hook: Hook): Hook[];
export function partsOf(hook: Hook | StandingHook): (Hook | StandingHook)[] {
  switch (hook.type) {
    case "aggregationHook":
      return hook.hooks;
    case "domainRoutingHook":
      return hook.ways.map((way) => way.hook);
    case "fallbackRoutingHook":
      return [...hook.ways.map((way) => way.hook), hook.fallback];
    case "amountRoutingHook":
      return [hook.lower, hook.upper];
    default:
      return [];
  }
}

/** The gas paymasters among these hooks and all that they hand messages on to. */
export function paymastersIn(hooks: readonly StandingHook[]): StandingPaymaster[];
export function paymastersIn(hooks: readonly Hook[]): GasPaymaster[];
export function paymastersIn(
  hooks: readonly (Hook | StandingHook)[],
): (GasPaymaster | StandingPaymaster)[] {
  return hooks.flatMap((hook) =>
    hook.type === "interchainGasPaymaster"
      ? [hook as GasPaymaster]
      : paymastersIn(partsOf(hook as Hook)),
  );
}

/** What a gas paymaster is asked about: it lists no tokens, and no destinations that it lacks. */
export type Asked = { tokens: readonly Address[]; domains: readonly number[] };

/** The tokens that gas may be paid in, and all destinations that it is priced for. */
export function askedIn({ requiredHook, defaultHook }: Desired): Asked {
  const paymasters = paymastersIn([requiredHook, defaultHook]);
  const tokens = paymasters.flatMap((one) => one.tokens.map(({ token }) => token));
  const domains = paymasters.flatMap((one) => one.remotes.map(({ domain }) => domain));
  return { tokens: [...new Set(tokens)], domains: [...new Set(domains)] };
}

/** Whether messages that pass a hook come into a merkle tree, as far as it is known. */
export function hasTree(hook: Hook | StandingHook): boolean {
  return hook.type === "merkleTreeHook" || partsOf(hook as Hook).some(hasTree);
}
