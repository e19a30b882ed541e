import type { Fees } from "../fees.ts";
import type { Address, Hex, Wei } from "../primitives.ts";
import { readTransaction } from "../transaction.ts";
import type { Body, LedgerTransaction, Settlement } from "./entry.ts";

/** One of the transactions that may end up under a nonce. */
export type Candidate = {
  step: string | null;
  hash: Hex;
  raw: Hex;
  fees: Fees;
  gas: number;
  value: Wei;
};

/** A nonce that was given away: first to a step, then perhaps to replacements or a cancellation. */
export type Slot = {
  nonce: number;
  step: string | null;
  /** In the order in which they were signed. */
  candidates: Candidate[];
};

/** The candidate that counts: what was signed last. */
export function newest(slot: Slot): Candidate {
  const last = slot.candidates.at(-1);
  if (!last) throw new Error(`Slot ${slot.nonce} has no candidate.`);
  return last;
}

/** True when the nonce was given to a transfer of nothing. */
export function isCancelled(slot: Slot): boolean {
  return slot.candidates.some(({ step }) => step === null);
}

export type OpenPlan = {
  plan: string;
  deployment: string;
  firstNonce: number;
  steps: number;
  /** Unsettled nonces in order, without a gap. */
  slots: Slot[];
  settled: Settlement[];
  /** Its nonces that somebody else has used, with the transaction that did. */
  foreign: { nonce: number; hash: Hex; block: number }[];
  /** True when it was given up: its nonces are used up, and nothing else is signed. */
  abandoned: boolean;
};

/** What a ledger says, read from its entries. */
export type LedgerState = {
  genesis: Hex;
  chainId: number;
  signer: Address;
  /** First nonce that is not settled. */
  nonce: number;
  /** Block up to which that is known. */
  block: number;
  open: OpenPlan | null;
  last: ClosedPlan | null;
};

export type Outcome = "complete" | "failed" | "abandoned";

/** The plan that was closed last, and how. */
export type ClosedPlan = {
  plan: string;
  deployment: string;
  outcome: Outcome;
  /** What became of its nonces, if this reader saw them; empty when reading began at the close. */
  settled: Settlement[];
};

/** An entry that cannot follow what is there: the ledger was not written by this program. */
export class IllegalEntry extends Error {
  override readonly name = "IllegalEntry";
}

/** Reads a ledger from a checkpoint (`adopted` or `closed`) on. Throws `IllegalEntry`. */
export function replay(bodies: Body[]): LedgerState | undefined {
  return bodies.reduce<LedgerState | undefined>(apply, undefined);
}

/** The ledger after one more entry. Pure: the state before stays as it was. */
export function apply(state: LedgerState | undefined, entry: Body): LedgerState {
  if (entry.kind === "adopted") {
    demand(state === undefined, "a ledger is adopted once");
    const { genesis, chainId, signer, nonce, block } = entry;
    return { genesis, chainId, signer, nonce, block, open: null, last: null };
  }
  if (entry.kind === "closed") return close(state, entry);
  demand(state !== undefined, `${entry.kind} comes before the ledger was adopted`);
  if (entry.kind === "opened") return open(state, entry);
  if (entry.kind === "foreign") return leave(state, entry);

  demand(state.open !== null, `${entry.kind} comes without an open plan`);
  if (entry.kind === "abandoned") return abandon(state, state.open, entry.plan);
  if (entry.kind === "settled") return settle(state, state.open, entry.settlements);
  return add(state, state.open, entry);
}

function add(
  state: LedgerState,
  plan: OpenPlan,
  { kind, transactions }: Extract<Body, { kind: "signed" | "replaced" | "cancelled" }>,
): LedgerState {
  const isCancelling = transactions.every(({ step }) => step === null);
  demand(!plan.abandoned || isCancelling, `a step is ${kind} after the plan was given up`);
  const addOne = kind === "signed" ? addSlot : addCandidate;
  const slots = transactions.reduce(
    (slots, transaction) => addOne(slots, transaction, state),
    plan.slots,
  );
  const known = plan.settled.length + slots.length;
  demand(known <= plan.steps, "more is signed than the plan has steps");
  return { ...state, open: { ...plan, slots } };
}

function abandon(state: LedgerState, plan: OpenPlan, given: string): LedgerState {
  demand(plan.plan === given, "a plan is given up that is not open");
  demand(!plan.abandoned, "a plan is given up twice");
  return { ...state, open: { ...plan, abandoned: true } };
}

/** Nonces that went to somebody else. Those of a plan that goes on are its own, or none at all. */
function leave(state: LedgerState, entry: Extract<Body, { kind: "foreign" }>): LedgerState {
  const { upTo, hash, block } = entry;
  const after = { ...state, nonce: upTo, block: Math.max(state.block, block) };
  demand(upTo > state.nonce, "nonces were used elsewhere that are settled");
  if (!state.open) return after;

  const [first, ...slots] = state.open.slots;
  const fits = state.open.abandoned && first !== undefined && upTo === first.nonce + 1;
  demand(fits, "nonces of an open plan were used elsewhere");
  const foreign = [...state.open.foreign, { nonce: first.nonce, hash, block }];
  return { ...after, open: { ...state.open, slots, foreign } };
}

function open(state: LedgerState, entry: Extract<Body, { kind: "opened" }>): LedgerState {
  demand(state.open === null, "a plan is opened while another is open");
  demand(entry.firstNonce === state.nonce, "a plan starts at a nonce that is not the next");
  const { plan, deployment, firstNonce, steps } = entry;
  const nothing = { slots: [], settled: [], foreign: [], abandoned: false };
  return { ...state, open: { plan, deployment, firstNonce, steps, ...nothing } };
}

function close(
  state: LedgerState | undefined,
  entry: Extract<Body, { kind: "closed" }>,
): LedgerState {
  const { plan, deployment, outcome, genesis, chainId, signer, nonce, block } = entry;
  if (state) {
    demand(state.open?.plan === plan, "a plan is closed that is not open");
    demand(state.open.slots.length === 0, "a plan is closed over unsettled nonces");
    demand(state.nonce === nonce, "a plan is closed at another nonce than it reached");
    demand(
      state.open.abandoned === (outcome === "abandoned"),
      "a plan is closed as given up that was not, or as ended that was given up",
    );
    demand(
      state.genesis === genesis && state.chainId === chainId && state.signer === signer,
      "a plan is closed for another key or chain",
    );
  }
  const last = { plan, deployment, outcome, settled: state?.open?.settled ?? [] };
  return { genesis, chainId, signer, nonce, block, open: null, last };
}

function addSlot(slots: Slot[], transaction: LedgerTransaction, state: LedgerState): Slot[] {
  const { nonce, step } = transaction;
  demand(nonce === state.nonce + slots.length, `nonce ${nonce} is signed out of order`);
  return [...slots, { nonce, step, candidates: [candidate(transaction, state)] }];
}

function addCandidate(slots: Slot[], transaction: LedgerTransaction, state: LedgerState): Slot[] {
  const { nonce } = transaction;
  const known = slots.some((slot) => slot.nonce === nonce);
  demand(known, `nonce ${nonce} is replaced before it was signed`);
  return slots.map((slot) =>
    slot.nonce === nonce
      ? { ...slot, candidates: [...slot.candidates, candidate(transaction, state)] }
      : slot,
  );
}

function settle(state: LedgerState, plan: OpenPlan, settlements: Settlement[]): LedgerState {
  settlements.forEach(({ nonce, hash }, index) => {
    const slot = plan.slots[index];
    demand(slot?.nonce === nonce, `nonce ${nonce} is settled out of order`);
    const ours = slot.candidates.some((one) => one.hash === hash);
    demand(ours, `nonce ${nonce} is settled by a transaction that is none of ours`);
  });
  const slots = plan.slots.slice(settlements.length);
  const settled = [...plan.settled, ...settlements];
  const block = Math.max(state.block, ...settlements.map((one) => one.block));
  const nonce = state.nonce + settlements.length;
  return { ...state, nonce, block, open: { ...plan, slots, settled } };
}

/** The stored bytes are what counts: all else is read from them. */
function candidate(
  { step, hash, raw, nonce }: LedgerTransaction,
  { chainId }: LedgerState,
): Candidate {
  const read = readBytes(raw, nonce);
  demand(read.hash === hash, `the bytes of nonce ${nonce} have another hash than it says`);
  demand(read.nonce === nonce, `the bytes of nonce ${nonce} carry another nonce`);
  demand(read.chainId === chainId, `the bytes of nonce ${nonce} are for chain ${read.chainId}`);
  return { step, hash, raw, fees: read.fees, gas: read.gas, value: read.value };
}

function readBytes(raw: Hex, nonce: number) {
  try {
    return readTransaction(raw);
  } catch {
    throw new IllegalEntry(`the bytes of nonce ${nonce} are no signed transaction`);
  }
}

function demand(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new IllegalEntry(otherwise);
}
