import type { Address } from "@playbook/evm";
import { canonical } from "@playbook/state";
import type { Hook, Ism, StandingHook, StandingIsm, StandingPaymaster } from "./model.ts";
import { inOrder, signersInOrder } from "./static-set.ts";

/** One text for a module, wherever it is and in whatever order its members were written. */
export function textOfIsm(ism: Ism | StandingIsm): string {
  switch (ism.type) {
    case "messageIdMultisigIsm":
    case "merkleRootMultisigIsm":
    case "storageMessageIdMultisigIsm":
    case "storageMerkleRootMultisigIsm": {
      const { type, threshold } = ism;
      return canonical({ type, threshold, validators: inOrder(ism.validators) });
    }
    case "weightedMessageIdMultisigIsm":
    case "weightedMerkleRootMultisigIsm": {
      const { type, thresholdWeight } = ism;
      return canonical({ type, thresholdWeight, signers: signersInOrder(ism.signers) });
    }
    case "staticAggregationIsm":
    case "storageAggregationIsm": {
      const modules = (ism.modules as Ism[]).map(textOfIsm).toSorted();
      return canonical({ type: ism.type, threshold: ism.threshold, modules });
    }
    case "domainRoutingIsm":
    case "defaultFallbackRoutingIsm":
    case "incrementalDomainRoutingIsm": {
      const routes = (ism.routes as { domain: number; ism: Ism }[])
        .map((route) => [route.domain, textOfIsm(route.ism)])
        .toSorted(([a], [b]) => Number(a) - Number(b));
      return canonical({ type: ism.type, owner: ism.owner, routes });
    }
    case "amountRoutingIsm": {
      const { type, threshold } = ism;
      return canonical({ type, threshold, parts: [ism.lower, ism.upper].map(textOfIsm) });
    }
    case "pausableIsm":
      return canonical({ type: ism.type, owner: ism.owner, paused: ism.paused });
    case "blacklistIsm":
      return canonical({ type: ism.type, owner: ism.owner, ids: ism.ids.toSorted() });
    case "trustedRelayerIsm":
      return canonical({ type: ism.type, relayer: ism.relayer });
    case "testIsm":
      return canonical({ type: ism.type });
    default:
      return canonical({ type: ism.type, address: ism.address });
  }
}

/** The same for a hook. What a gas paymaster charges is not in it: there is one on each chain. */
export function textOfHook(hook: Hook | StandingHook): string {
  switch (hook.type) {
    case "aggregationHook":
      return canonical({ hooks: (hook.hooks as Hook[]).map(textOfHook).toSorted() });
    case "domainRoutingHook":
    case "fallbackRoutingHook": {
      const { type, owner } = hook;
      const ways = (hook.ways as { domain: number; hook: Hook }[])
        .map((way) => [way.domain, textOfHook(way.hook)])
        .toSorted(([a], [b]) => Number(a) - Number(b));
      const fallback = "fallback" in hook ? textOfHook(hook.fallback) : null;
      return canonical({ type, owner, ways, fallback });
    }
    case "amountRoutingHook": {
      const { type, threshold } = hook;
      return canonical({ type, threshold, parts: [hook.lower, hook.upper].map(textOfHook) });
    }
    case "protocolFee": {
      const { type, owner, beneficiary, maxProtocolFee, protocolFee } = hook;
      return canonical({ type, owner, beneficiary, maxProtocolFee, protocolFee });
    }
    case "pausableHook":
      return canonical({ type: hook.type, owner: hook.owner, paused: hook.paused });
    case "foreign":
      return canonical({ type: hook.type, address: hook.address });
    default:
      return canonical({ type: (hook as StandingPaymaster).type });
  }
}

type Placed = { address?: Address };

/**
 * For each wish the standing part that is just that, else one of its type that can be changed to
 * it, else nothing; no part twice.
 */
export function paired<Wish extends { type: string }, Part extends { type: string }>(
  wishes: Wish[],
  parts: Part[],
  textOf: (one: Wish | Part) => string,
): (Part | undefined)[] {
  const left = [...parts];
  const take = (fits: (part: Part) => boolean): Part | undefined => {
    const at = left.findIndex(fits);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const isIt = (wish: Wish, part: Part) =>
    wish.type === "foreign" && (wish as Placed).address === (part as Placed).address;
  const exact = wishes.map((wish) =>
    take((part) => isIt(wish, part) || textOf(part) === textOf(wish)),
  );
  return wishes.map((wish, at) => exact[at] ?? take((part) => part.type === wish.type));
}
