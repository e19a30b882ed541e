import type { Address, Hex } from "@playbook/evm";
import { concat, toBeHex } from "ethers";
import type { Ism } from "./model.ts";

/**
 * What messages of one origin are judged by; undefined where there is no route for it. A fallback
 * to the mailbox's own module is none: that is where it was asked from.
 */
export function judgeOf<Extra>(ism: Ism<Extra>, origin: number): Ism<Extra> | undefined {
  switch (ism.type) {
    case "domainRoutingIsm":
    case "defaultFallbackRoutingIsm":
    case "incrementalDomainRoutingIsm": {
      const route = ism.routes.find(({ domain }) => domain === origin);
      return route && judgeOf(route.ism, origin);
    }
    default:
      return ism;
  }
}

/** Everybody whose signature counts for an origin. */
export function validatorsIn(ism: Ism, origin: number): Address[] {
  const judge = judgeOf(ism, origin);
  if (!judge) return [];
  if ("validators" in judge) return judge.validators;
  if ("signers" in judge) return judge.signers.map(({ address }) => address);
  const parts = partsOf(judge);
  return [...new Set(parts.flatMap((one) => validatorsIn(one, origin)))];
}

/** Whether these signatures are enough; null where a module that is not known decides. */
export function isEnough(ism: Ism, origin: number, signers: ReadonlySet<Address>): boolean | null {
  const judge = judgeOf(ism, origin);
  if (!judge) return false;
  switch (judge.type) {
    case "messageIdMultisigIsm":
    case "merkleRootMultisigIsm":
    case "storageMessageIdMultisigIsm":
    case "storageMerkleRootMultisigIsm":
      return judge.validators.filter((one) => signers.has(one)).length >= judge.threshold;
    case "weightedMessageIdMultisigIsm":
    case "weightedMerkleRootMultisigIsm": {
      const signed = judge.signers.filter(({ address }) => signers.has(address));
      return signed.reduce((sum, { weight }) => sum + weight, 0) >= judge.thresholdWeight;
    }
    case "amountRoutingIsm": {
      const [lower, upper] = partsOf(judge).map((one) => isEnough(one, origin, signers));
      return lower === upper ? (lower ?? null) : null;
    }
    case "staticAggregationIsm":
    case "storageAggregationIsm": {
      const said = judge.modules.map((one) => isEnough(one, origin, signers));
      if (said.filter((one) => one === true).length >= judge.threshold) return true;
      return said.filter((one) => one !== false).length >= judge.threshold ? null : false;
    }
    case "pausableIsm":
      return !judge.paused;
    // Of signatures a blacklist wants none; which message it is, it alone knows.
    case "blacklistIsm":
    case "testIsm":
      return true;
    default:
      return null;
  }
}

/** Modules that are paused, wherever they are. */
export function pausedIn(ism: Ism, origin: number): boolean {
  const judge = judgeOf(ism, origin);
  if (!judge) return false;
  if (judge.type === "pausableIsm") return judge.paused;
  return partsOf(judge).some((one) => pausedIn(one, origin));
}

/** Of larger sets Hyperlane's relayers ask nobody. */
const MOST_VALIDATORS = 50;

/**
 * Modules for which Hyperlane's relayers make no proof, where messages of an origin cannot do
 * without: such messages are brought by somebody else or not at all.
 */
export function unprovable<Extra>(ism: Ism<Extra>, origin: number): Ism<Extra>[] {
  const judge = judgeOf(ism, origin);
  if (!judge) return [];
  if ("signers" in judge) return [judge];
  if ("validators" in judge) return judge.validators.length > MOST_VALIDATORS ? [judge] : [];
  const stuck = partsOf(judge)
    .map((one) => unprovable(one, origin))
    .filter((some) => some.length > 0);
  const spare = "modules" in judge ? judge.modules.length - judge.threshold : 0;
  return stuck.length > spare ? stuck.flat() : [];
}

/** The modules that a module of one origin asks. */
function partsOf<Extra>(judge: Ism<Extra>): Ism<Extra>[] {
  if ("modules" in judge) return judge.modules;
  return judge.type === "amountRoutingIsm" ? [judge.lower, judge.upper] : [];
}

/** What was signed of a message, and by whom. */
export type Evidence = {
  merkleTreeHook: Address;
  /** The root when the message was the newest in the tree, and its index. */
  root: Hex;
  index: number;
  messageId: Hex;
  /** The message's neighbours on its way up to that root. */
  path: readonly Hex[];
  signatures: ReadonlyMap<Address, Hex>;
};

/**
 * What a mailbox wants to see of a message, made of signatures; undefined where they are too few,
 * or where something else decides.
 */
export function proofFor(ism: Ism, origin: number, evidence: Evidence): Hex | undefined {
  const judge = judgeOf(ism, origin);
  switch (judge?.type) {
    case "messageIdMultisigIsm":
    case "storageMessageIdMultisigIsm":
    case "weightedMessageIdMultisigIsm":
      return signed(judge, evidence, (rest) => messageIdProof(evidence, rest));
    case "merkleRootMultisigIsm":
    case "storageMerkleRootMultisigIsm":
    case "weightedMerkleRootMultisigIsm":
      return signed(judge, evidence, (rest) => merkleRootProof(evidence, rest));
    case "staticAggregationIsm":
    case "storageAggregationIsm": {
      const parts = judge.modules.map((one) => proofFor(one, origin, evidence));
      const found = parts.filter((part) => part !== undefined).length;
      return found < judge.threshold ? undefined : aggregated(parts, judge.threshold);
    }
    case "pausableIsm":
      return judge.paused ? undefined : "0x";
    case "blacklistIsm":
      return judge.ids.includes(evidence.messageId) ? undefined : "0x";
    case "testIsm":
      return "0x";
    default:
      return undefined;
  }
}

type Signed = Extract<Ism, { validators: unknown } | { signers: unknown }>;

/** As many signatures as are asked for, in the order of the set; undefined for too few. */
function signed(
  judge: Signed,
  { signatures }: Evidence,
  proof: (signatures: Hex[]) => Hex,
): Hex | undefined {
  const isWeighted = "signers" in judge;
  const all = isWeighted
    ? judge.signers
    : judge.validators.map((address) => ({ address, weight: 1 }));
  let left = isWeighted ? judge.thresholdWeight : judge.threshold;
  const used: Hex[] = [];
  for (const { address, weight } of all) {
    const signature = signatures.get(address);
    if (left <= 0 || signature === undefined) continue;
    used.push(signature);
    left -= weight;
  }
  return left > 0 ? undefined : proof(used);
}

function messageIdProof({ merkleTreeHook, root, index }: Evidence, signatures: Hex[]): Hex {
  return concat([wordOf(merkleTreeHook), root, toBeHex(index, 4), ...signatures]) as Hex;
}

/** The checkpoint is the message's own, so that its index is there twice. */
function merkleRootProof(evidence: Evidence, signatures: Hex[]): Hex {
  const { merkleTreeHook, index, messageId, path } = evidence;
  const at = toBeHex(index, 4);
  return concat([wordOf(merkleTreeHook), at, messageId, ...path, at, ...signatures]) as Hex;
}

function wordOf(address: Address): string {
  return `0x${address.slice(2).padStart(64, "0")}`;
}

/** Where each module's part lies, then the parts: no more of them than are asked for. */
function aggregated(parts: (Hex | undefined)[], threshold: number): Hex {
  let left = threshold;
  const used = parts.map((part) => {
    if (part === undefined || left === 0) return undefined;
    left -= 1;
    return part;
  });
  let at = 8 * parts.length;
  const places = used.map((part) => {
    if (part === undefined) return "0x0000000000000000";
    const end = at + (part.length - 2) / 2;
    const place = concat([toBeHex(at, 4), toBeHex(end, 4)]);
    at = end;
    return place;
  });
  return concat([...places, ...used.map((part) => part ?? "0x")]) as Hex;
}
