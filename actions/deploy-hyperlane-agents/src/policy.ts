import {
  type Agents,
  notOverruled,
  OVERRULED_BY,
  type Quorum,
  type Refusal,
  refusalsOfKeys,
  releaseName,
  type Validator,
} from "@playbook/hyperlane";
import type { Inputs } from "./run.ts";

type Overruling = Pick<Inputs, "allowSharedKeys" | "allowOneOperator" | "allowOnePlace" | "rotate">;

/** What the policy has against the list, by the sets that chains have already. */
export function refusalsIn(
  agents: Agents,
  quorums: readonly Quorum[],
  { allowSharedKeys, allowOneOperator, allowOnePlace, rotate }: Overruling,
): Refusal[] {
  const relayers = Object.values(agents.relayers).flatMap(({ instances }) =>
    instances.map(({ address }) => address),
  );
  const all = Object.entries(agents.validators).flatMap(([chain, own]) => {
    const validators = own.map((one) => {
      const name = releaseName("validator", chain, one.name);
      const isGoing = rotate.some(({ retiring }) => retiring === name);
      return validatorOf(one, isGoing);
    });
    const addresses = validators.map(({ address }) => address);
    const sets = quorums.filter((set) => set.validators.some((one) => addresses.includes(one)));
    const group: Quorum = {
      name: `the list of ${chain}`,
      validators: addresses,
      threshold: Infinity,
    };
    const keys = { validators, relayers, deployers: [] };
    return refusalsOfKeys([...sets, group], chain, keys);
  });
  return notOverruled(distinct(all), {
    [OVERRULED_BY["shared-key"]]: allowSharedKeys,
    [OVERRULED_BY["one-operator"]]: allowOneOperator,
    [OVERRULED_BY["one-place"]]: allowOnePlace,
  });
}

type Listed = Agents["validators"][string][number];

/** One that is going shares its place with its successor for as long as both are needed. */
function validatorOf({ address, operator, zone, node }: Listed, isGoing: boolean): Validator {
  return {
    address,
    ...(operator && { operator }),
    ...(zone && !isGoing && { zone }),
    ...(node && !isGoing && { node }),
  };
}

/** A key of many sets is one finding: the first set that has it. */
function distinct(refusals: Refusal[]): Refusal[] {
  const first = new Map<string, Refusal>();
  for (const one of refusals) {
    const key = `${one.rule} ${one.chain}`;
    if (!first.has(key)) first.set(key, one);
  }
  return [...first.values()];
}
