import type { Address } from "@playbook/evm";
import type { Ism } from "./model.ts";
import { inOrder } from "./static-set.ts";

/** A set of validators that an ISM counts on: what it is called, and how many have to sign. */
export type Quorum = { name: string; validators: Address[]; threshold: number };

/** Every set in an ISM. `name` says what the ISM is; a route's set is named by its origin's domain. */
export function quorumsIn(ism: Ism, name: string): Quorum[] {
  switch (ism.type) {
    case "messageIdMultisigIsm":
    case "merkleRootMultisigIsm": {
      const { validators, threshold } = ism;
      return [{ name: `${ism.type} of ${name}`, validators, threshold }];
    }
    case "staticAggregationIsm":
      return ism.modules.flatMap((one) => quorumsIn(one, name));
    case "domainRoutingIsm":
      return ism.routes.flatMap((route) => quorumsIn(route.ism, `origin ${route.domain}`));
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
  switch (ism.type) {
    case "messageIdMultisigIsm":
    case "merkleRootMultisigIsm":
      return { ...ism, validators: succeeded(ism.validators, retiring, successor) };
    case "staticAggregationIsm":
      return { ...ism, modules: ism.modules.map(inner) };
    case "domainRoutingIsm":
      return { ...ism, routes: ism.routes.map((route) => ({ ...route, ism: inner(route.ism) })) };
    default:
      return ism;
  }
}

/** Sets are in the order of their addresses: that of another order would be another contract. */
function succeeded(validators: Address[], retiring: Address, successor: Address): Address[] {
  if (!validators.includes(retiring) || validators.includes(successor)) return validators;
  return inOrder(validators.map((one) => (one === retiring ? successor : one)));
}
