import type { Fees } from "../fees.ts";
import type { GasPolicy } from "../gas-policy.ts";
import type { Candidate, Outcome, Slot } from "../ledger/state.ts";
import type { Step } from "../plan.ts";
import type { Wei } from "../primitives.ts";
import type { Mined } from "./progress.ts";

export type Policy = {
  /** Transactions under way at once before the node has shown that it holds more. */
  window: number;
  /** Blocks that a transaction may wait before it is replaced. */
  patience: number;
  /** The most that the plan may cost here, in wei; null for no limit. */
  budget: Wei | null;
  /** How the chain's transactions are priced; as on Ethereum when absent. */
  gas?: GasPolicy;
};

/** Steps that are signed together, at the fees of one moment. */
export type Batch = { steps: Step[]; fees: Fees };

/** What to do next for one chain. */
export type Decision =
  | ({ act: "sign" } & Batch)
  | { act: "rehearse"; candidate: Candidate; nonce: number; block: number }
  /** While the node works on these, the batch after them can be signed. */
  | { act: "send"; candidates: (Candidate & { nonce: number })[]; ahead?: Batch }
  | { act: "replace"; slots: { slot: Slot; fees: Fees }[] }
  | { act: "cancel"; slots: { slot: Slot; fees: Fees }[]; why: string }
  | { act: "settle"; mined: Mined[] }
  | { act: "close"; outcome: Outcome }
  | { act: "trace"; nonce: number }
  | { act: "wait"; reason: string }
  | { act: "stop"; obstacle: Obstacle };

/** Why a plan cannot go on by itself. */
export type Obstacle =
  | { code: "budget-reached"; why: string }
  | { code: "step-too-big"; why: string }
  | { code: "balance-too-low"; said: string }
  | { code: "transaction-refused"; what: string; said: string }
  | { code: "price-refused"; what: string; said: string }
  | { code: "node-behind"; shown: number; known: number };
