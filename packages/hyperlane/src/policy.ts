import type { Address, Chain } from "@playbook/evm";
import { partsOf } from "./hook-parts.ts";
import type { Desired, Hook, Ism } from "./model.ts";
import { type Quorum, quorumsIn, weightIn } from "./quorum.ts";
import { wordsOf } from "./words.ts";

/** Where a validator's key is used, and by whom; what is not said is not judged. */
export type Validator = { address: Address; operator?: string; node?: string; zone?: string };

/** Who else signs on these chains. */
export type Keys = { validators: Validator[]; relayers: Address[]; deployers: Address[] };

/** A rule, and the input that lists the chains where it does not hold. */
export const OVERRULED_BY = {
  "few-validators": "allow-few-validators",
  "low-threshold": "allow-low-threshold",
  unsigned: "allow-unsigned",
  "shared-key": "allow-shared-keys",
  "nothing-signed": "allow-no-merkle-tree",
  "no-reorg-period": "instant-finality",
  "one-operator": "allow-one-operator",
  "one-place": "allow-one-place",
} as const;

export type Rule = keyof typeof OVERRULED_BY;

export type Refusal = { rule: Rule; chain: string; why: string; overruledBy: string };

const FEWEST_VALIDATORS = 3;

/**
 * What the policy has against a chain's wish: nothing of it is to be deployed then. What is named
 * by its address alone is judged by what stands there, if that was looked up, and else as what is
 * not known.
 */
export function refusalsOf(desired: Desired, metadata: Chain, keys: Keys): Refusal[] {
  const sets = quorumsIn(desired.defaultIsm, "the default ISM");
  const found: [Rule, string][] = [
    ...sets.flatMap((set) => [...flawsOfSet(set), ...flawsOfKeys(set, keys)]),
    ...unsignedIn(desired.defaultIsm, "everywhere"),
    ...flawsOfChain(desired, metadata),
  ];
  return found.map(([rule, why]) => ({
    rule,
    chain: desired.chain,
    why,
    overruledBy: OVERRULED_BY[rule],
  }));
}

/** What the policy has against the keys of sets that chains have already. */
export function refusalsOfKeys(sets: readonly Quorum[], chain: string, keys: Keys): Refusal[] {
  return sets
    .flatMap((set) => flawsOfKeys(set, keys))
    .map(([rule, why]) => ({ rule, chain, why, overruledBy: OVERRULED_BY[rule] }));
}

/** Without those that the inputs overrule: each lists chains. */
export function notOverruled(
  refusals: Refusal[],
  inputs: Partial<Record<string, readonly string[]>>,
): Refusal[] {
  return refusals.filter(({ chain, overruledBy }) => !inputs[overruledBy]?.includes(chain));
}

function flawsOfSet(set: Quorum): [Rule, string][] {
  const { validators, threshold, name, weights } = set;
  const count = weights
    ? validators.filter((one) => weightIn(set, [one]) > 0).length
    : validators.length;
  const flaws: [Rule, string][] = [];
  if (count < FEWEST_VALIDATORS) {
    flaws.push([
      "few-validators",
      `${name} has ${count} validators; ${FEWEST_VALIDATORS} are wanted.`,
    ]);
  }
  const sum = weightIn(set, validators);
  if (3 * threshold < 2 * sum) {
    flaws.push(["low-threshold", `${name} wants ${threshold} of ${sum}; two thirds are wanted.`]);
  }
  const alone = weights && validators.find((one) => weightIn(set, [one]) >= threshold);
  if (alone && count >= FEWEST_VALIDATORS) {
    flaws.push(["few-validators", `${alone} suffices alone in ${name}, whoever else is in it.`]);
  }
  return flaws;
}

/** Where messages are taken that no validator has signed. What is not known here may do so. */
function unsignedIn(ism: Ism, origin: string): [Rule, string][] {
  if ("routes" in ism) {
    return ism.routes.flatMap((route) => unsignedIn(route.ism, `domain ${route.domain}`));
  }
  if (wantsSignatures(ism)) return [];
  const why =
    ism.type === "foreign"
      ? `What comes from ${origin} is judged by ${ism.address}, ` +
        "which is no module that is known here."
      : `What comes from ${origin} is taken without a validator's signature: ${wordsOf(ism)}.`;
  return [["unsigned", why]];
}

/** Modules that look at no signature, as far as it is known. */
const UNSIGNED = ["pausableIsm", "blacklistIsm", "trustedRelayerIsm", "testIsm", "foreign"];

function wantsSignatures(ism: Ism): boolean {
  switch (ism.type) {
    case "staticAggregationIsm":
    case "storageAggregationIsm":
      return ism.modules.filter((one) => !wantsSignatures(one)).length < ism.threshold;
    case "domainRoutingIsm":
    case "defaultFallbackRoutingIsm":
    case "incrementalDomainRoutingIsm":
      return ism.routes.every((route) => wantsSignatures(route.ism));
    case "amountRoutingIsm":
      return wantsSignatures(ism.lower) && wantsSignatures(ism.upper);
    default:
      return !UNSIGNED.includes(ism.type);
  }
}

function flawsOfKeys(set: Quorum, keys: Keys): [Rule, string][] {
  const { validators, threshold, name } = set;
  const known = keys.validators.filter(({ address }) => validators.includes(address));
  const shared = validators.filter(
    (one) => keys.relayers.includes(one) || keys.deployers.includes(one),
  );
  const operators = groups(known, "operator").filter(([, all]) => weightIn(set, all) >= threshold);
  const places = [...groups(known, "node"), ...groups(known, "zone")];
  return [
    ...shared.map((one): [Rule, string] => [
      "shared-key",
      `${one}, a validator of ${name}, is also a relayer's or a deployer's key.`,
    ]),
    ...operators.map(([operator, all]): [Rule, string] => [
      "one-operator",
      `${operator} holds ${weightIn(set, all)} ${unitOf(set)} of ` +
        `${name}, where ${threshold} suffice.`,
    ]),
    ...places
      .filter(([, all]) => all.length > 1)
      .map(([place, all]): [Rule, string] => [
        "one-place",
        `${all.length} validators of ${name} are in ${place}.`,
      ]),
  ];
}

const unitOf = ({ weights }: Quorum) => (weights ? "of the weight" : "keys");

/** Whose keys are together, by what all but the case of its letters has in common. */
function groups(known: Validator[], by: "operator" | "node" | "zone"): [string, Address[]][] {
  const told = known.flatMap((one) => {
    const name = one[by];
    return name === undefined ? [] : [{ name, address: one.address }];
  });
  const all = Map.groupBy(told, ({ name }) => name.toLowerCase());
  return [...all.values()].map((some) => [
    some[0]?.name ?? "",
    [...new Set(some.map(({ address }) => address))],
  ]);
}

function flawsOfChain(desired: Desired, { blocks }: Chain): [Rule, string][] {
  const { requiredHook, defaultHook } = desired;
  const flaws: [Rule, string][] = [];
  if (!hasTree(requiredHook) && !hasTree(defaultHook)) {
    const why = "Neither hook has the merkle tree hook: validators would have nothing to sign.";
    flaws.push(["nothing-signed", why]);
  }
  const { reorgPeriod = 0 } = blocks;
  const isFinal = typeof reorgPeriod === "number" ? reorgPeriod > 0 : FINAL.includes(reorgPeriod);
  if (!isFinal) {
    const why =
      `Its reorgPeriod is ${reorgPeriod}: messages would be ` +
      "signed that a reorganisation takes back.";
    flaws.push(["no-reorg-period", why]);
  }
  return flaws;
}

/** Tags of blocks that are not taken back; a node's other tags are of blocks that may be. */
const FINAL: readonly string[] = ["safe", "finalized"];

/** Whether every message passes one. */
function hasTree(hook: Hook): boolean {
  if (hook.type === "aggregationHook") return hook.hooks.some(hasTree);
  const parts = partsOf(hook);
  if (parts.length > 0) return parts.every(hasTree);
  return hook.type === "merkleTreeHook";
}
