import type { Address } from "@playbook/evm";
import type { Ism } from "./model.ts";
import { inOrder, signersInOrder } from "./static-set.ts";

/**
 * A set of validators that an ISM counts on: what it is called, and how many have to sign; how much
 * they have to weigh together, where their signatures weigh something.
 */
export type Quorum = {
  name: string;
  /** The domain whose messages it judges; those of all without it. */
  origin?: number | undefined;
  validators: Address[];
  threshold: number;
  weights?: Readonly<Record<Address, number>>;
};

/** What signatures of some of a set count for. */
export function weightIn({ weights }: Quorum, signers: readonly Address[]): number {
  if (!weights) return signers.length;
  return signers.reduce((sum, one) => sum + (weights[one] ?? 0), 0);
}

/**
 * Every set in an ISM. `name` says what the ISM is; a route's set is named by its origin's domain.
 */
export function quorumsIn(ism: Ism, name: string): Quorum[] {
  return leavesIn({ ism, name, origin: undefined }).flatMap(quorumOf);
}

/** A module that is none of those that are known: whom it counts on is not known either. */
export type ForeignModule = { address: Address; origin: number | undefined };

/** Every module in an ISM that is not known. */
export function foreignIn(ism: Ism): ForeignModule[] {
  return leavesIn({ ism, name: "", origin: undefined }).flatMap(({ ism: leaf, origin }) =>
    leaf.type === "foreign" ? [{ address: leaf.address, origin }] : [],
  );
}

/** A module that asks no other, what it is called, and the domain whose messages come to it. */
type Leaf = { ism: Ism; name: string; origin: number | undefined };

function leavesIn(leaf: Leaf): Leaf[] {
  const { ism, name } = leaf;
  switch (ism.type) {
    case "amountRoutingIsm":
      return [
        ...leavesIn({ ...leaf, ism: ism.lower, name: `lower amounts of ${name}` }),
        ...leavesIn({ ...leaf, ism: ism.upper, name: `upper amounts of ${name}` }),
      ];
    case "staticAggregationIsm":
    case "storageAggregationIsm":
      return ism.modules.flatMap((one) => leavesIn({ ...leaf, ism: one }));
    case "domainRoutingIsm":
    case "defaultFallbackRoutingIsm":
    case "incrementalDomainRoutingIsm":
      return ism.routes.flatMap((route) =>
        leavesIn({ ism: route.ism, name: `origin ${route.domain}`, origin: route.domain }),
      );
    default:
      return [leaf];
  }
}

function quorumOf({ ism, name, origin }: Leaf): Quorum[] {
  switch (ism.type) {
    case "messageIdMultisigIsm":
    case "merkleRootMultisigIsm":
    case "storageMessageIdMultisigIsm":
    case "storageMerkleRootMultisigIsm": {
      const { validators, threshold } = ism;
      return [{ name: `${ism.type} of ${name}`, origin, validators, threshold }];
    }
    case "weightedMessageIdMultisigIsm":
    case "weightedMerkleRootMultisigIsm": {
      const { signers, thresholdWeight: threshold } = ism;
      const validators = signers.map(({ address }) => address);
      const weights = Object.fromEntries(signers.map(({ address, weight }) => [address, weight]));
      return [{ name: `${ism.type} of ${name}`, origin, validators, threshold, weights }];
    }
    default:
      return [];
  }
}

/**
 * The same ISM with another validator in the place of one, in every set that has it. A set that has
 * both stays as it is: it would have one fewer.
 */
export function withSuccessor(ism: Ism, retiring: Address, successor: Address): Ism {
  const inner = (one: Ism) => withSuccessor(one, retiring, successor);
  if ("validators" in ism) {
    return { ...ism, validators: succeeded(ism.validators, retiring, successor) };
  }
  if ("signers" in ism) {
    const isIn = (one: Address) => ism.signers.some(({ address }) => address === one);
    if (!isIn(retiring) || isIn(successor)) return ism;
    const signers = ism.signers.map((one) =>
      one.address === retiring ? { ...one, address: successor } : one,
    );
    return { ...ism, signers: signersInOrder(signers) };
  }
  if ("modules" in ism) return { ...ism, modules: ism.modules.map(inner) };
  if ("routes" in ism) {
    return { ...ism, routes: ism.routes.map((route) => ({ ...route, ism: inner(route.ism) })) };
  }
  if ("lower" in ism) return { ...ism, lower: inner(ism.lower), upper: inner(ism.upper) };
  return ism;
}

/** Sets are in the order of their addresses: that of another order would be another contract. */
function succeeded(validators: Address[], retiring: Address, successor: Address): Address[] {
  if (!validators.includes(retiring) || validators.includes(successor)) return validators;
  return inOrder(validators.map((one) => (one === retiring ? successor : one)));
}
