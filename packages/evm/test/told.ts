import { decide } from "../src/broadcaster/decide.ts";
import type { Decision, Policy } from "../src/broadcaster/decision.ts";
import { freshMemory, type Memory } from "../src/broadcaster/memory.ts";
import type { Observation } from "../src/broadcaster/progress.ts";
import type { Step } from "../src/index.ts";
import { hashOf, look, type Open, receipt, steps } from "./standing.ts";

const POLICY: Policy = { window: 16, patience: 3, budget: null };

type Case = {
  plan?: Step[];
  ledger: Open;
  seen?: Observation;
  memory?: Memory;
  policy?: Partial<Policy>;
};

/**
 * What the rules say to a case; a policy of window 16, patience 3 and no budget unless it says so.
 */
export function decided({ plan, ledger, seen = look(), memory, policy }: Case): Decision {
  const all = plan ?? steps(ledger.open.steps);
  return decide(all, ledger, seen, memory ?? freshMemory(16, false), { ...POLICY, ...policy });
}

/** The decision in a line: what is done, and to which nonces. */
export function told(decision: Decision): string {
  switch (decision.act) {
    case "sign":
      return `sign ${decision.steps.map(({ nonce }) => nonce)}`;
    case "send":
      return `send ${decision.candidates.map(({ nonce }) => nonce)}`;
    case "replace":
    case "cancel":
      return `${decision.act} ${decision.slots.map(({ slot }) => slot.nonce)}`;
    case "settle":
      return `settle ${decision.mined.map(({ slot }) => slot.nonce)}`;
    case "close":
      return `close ${decision.outcome}`;
    case "trace":
    case "rehearse":
      return `${decision.act} ${decision.nonce}`;
    case "stop":
      return `stop ${decision.obstacle.code}`;
    case "wait":
      return "wait";
  }
}

export const mined = (ledger: Open, block: number, ...nonces: number[]) =>
  nonces.map((nonce) => receipt(hashOf(ledger, nonce), block));

export const hashes = (ledger: Open) => ledger.open.slots.map(({ nonce }) => hashOf(ledger, nonce));
