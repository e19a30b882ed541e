import type { Address, Hex } from "@playbook/evm";
import { concat, toBeHex } from "ethers";
import type { Ism } from "./model.ts";

/** What messages of one origin are judged by; undefined where there is no route for it. */
export function judgeOf<Extra>(ism: Ism<Extra>, origin: number): Ism<Extra> | undefined {
  if (ism.type !== "domainRoutingIsm") return ism;
  const route = ism.routes.find(({ domain }) => domain === origin);
  return route && judgeOf(route.ism, origin);
}

/** Everybody whose signature counts for an origin. */
export function validatorsIn(ism: Ism, origin: number): Address[] {
  const judge = judgeOf(ism, origin);
  if (!judge) return [];
  if ("validators" in judge) return judge.validators;
  if (judge.type !== "staticAggregationIsm") return [];
  return [...new Set(judge.modules.flatMap((one) => validatorsIn(one, origin)))];
}

/** Whether these signatures are enough; null where a module that is not known decides. */
export function isEnough(ism: Ism, origin: number, signers: ReadonlySet<Address>): boolean | null {
  const judge = judgeOf(ism, origin);
  if (!judge) return false;
  switch (judge.type) {
    case "messageIdMultisigIsm":
    case "merkleRootMultisigIsm":
      return judge.validators.filter((one) => signers.has(one)).length >= judge.threshold;
    case "staticAggregationIsm": {
      const said = judge.modules.map((one) => isEnough(one, origin, signers));
      if (said.filter((one) => one === true).length >= judge.threshold) return true;
      return said.filter((one) => one !== false).length >= judge.threshold ? null : false;
    }
    case "pausableIsm":
      return !judge.paused;
    default:
      return null;
  }
}

/** Modules that are paused, wherever they are. */
export function pausedIn(ism: Ism, origin: number): boolean {
  const judge = judgeOf(ism, origin);
  if (judge?.type === "pausableIsm") return judge.paused;
  return (
    judge?.type === "staticAggregationIsm" && judge.modules.some((one) => pausedIn(one, origin))
  );
}

/** What was signed of a message, and by whom. */
export type Evidence = {
  merkleTreeHook: Address;
  root: Hex;
  index: number;
  signatures: ReadonlyMap<Address, Hex>;
};

/**
 * What a mailbox wants to see of a message, made of signatures; undefined where they are too few, or
 * where a proof of the message's place in the tree would be needed.
 */
export function proofFor(ism: Ism, origin: number, evidence: Evidence): Hex | undefined {
  const judge = judgeOf(ism, origin);
  switch (judge?.type) {
    case "messageIdMultisigIsm":
      return multisigProof(judge.validators, judge.threshold, evidence);
    case "staticAggregationIsm": {
      const parts = judge.modules.map((one) => proofFor(one, origin, evidence));
      const found = parts.filter((part) => part !== undefined).length;
      return found < judge.threshold ? undefined : aggregated(parts, judge.threshold);
    }
    case "pausableIsm":
      return judge.paused ? undefined : "0x";
    default:
      return undefined;
  }
}

function multisigProof(
  validators: readonly Address[],
  threshold: number,
  { merkleTreeHook, root, index, signatures }: Evidence,
): Hex | undefined {
  const found = validators.flatMap((one) => signatures.get(one) ?? []).slice(0, threshold);
  if (found.length < threshold) return undefined;
  const tree = `0x${merkleTreeHook.slice(2).padStart(64, "0")}`;
  return concat([tree, root, toBeHex(index, 4), ...found]) as Hex;
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
