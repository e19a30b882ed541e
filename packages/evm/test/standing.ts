import { freshMemory, type Memory } from "../src/broadcaster/memory.ts";
import type { Observation } from "../src/broadcaster/progress.ts";
import type { Receipt } from "../src/endpoint.ts";
import type { Fees, Market } from "../src/fees.ts";
import type { Address, Body, Hex, LedgerState, Signer, Step } from "../src/index.ts";
import { apply, replay } from "../src/ledger/state.ts";
import type { SendVerdict } from "../src/refusal.ts";
import { signTransaction } from "../src/transaction.ts";

/** Where a plan stands, written down for tables: pieces from which every case is put together. */

export const GWEI = 1_000_000_000n;
export const GENESIS = `0x${"ab".repeat(32)}` as Hex;
export const SIGNER = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F" as Address;
export const PLAN = "sha256:plan";

const unchecked: Signer = {
  address: SIGNER,
  sign: async () => ({ r: `0x${"11".repeat(32)}`, s: `0x${"11".repeat(32)}`, yParity: 0 }),
};

/** Step number `index` of a plan that starts at nonce 0: a call that depends on the one before. */
export function step(index: number, over: Partial<Step> = {}): Step {
  return {
    id: `a/${index}`,
    chain: "a",
    script: 0,
    nonce: index,
    kind: "call",
    to: `0x${"22".repeat(20)}` as Address,
    value: 0n,
    data: `0x${index.toString(16).padStart(4, "0")}`,
    gas: 100_000,
    label: `step ${index}`,
    creates: [],
    after: index === 0 ? [] : [`a/${index - 1}`],
    waits: null,
    ...over,
  };
}

export const steps = (count: number) => Array.from({ length: count }, (_, index) => step(index));

export const fees = (ceiling: bigint, tip = GWEI): Fees => ({
  type: "eip1559",
  maxFeePerGas: ceiling,
  maxPriorityFeePerGas: tip,
});

/** What a base fee of 1 gwei makes a step offer. */
export const USUAL = fees(3n * GWEI);

/** Stored bytes of a step; of a cancellation, when there is no step. */
export async function bytes(nonce: number, of: Step | null = step(nonce), offer: Fees = USUAL) {
  const { to, value, data, gas } = of ?? { to: SIGNER, value: 0n, data: "0x" as Hex, gas: 100_000 };
  const unsigned = { chainId: 1, nonce, to, value, data, gas, fees: offer };
  return { step: of?.id ?? null, ...(await signTransaction(unsigned, unchecked)) };
}

export const adopted: Body = {
  kind: "adopted",
  genesis: GENESIS,
  chainId: 1,
  signer: SIGNER,
  nonce: 0,
  block: 0,
};

export const opened = (count: number): Body => ({
  kind: "opened",
  plan: PLAN,
  deployment: "acme one",
  firstNonce: 0,
  steps: count,
});

export type Open = LedgerState & { open: NonNullable<LedgerState["open"]> };

/** A ledger with a plan of so many steps, the first of them signed. */
export async function ledgerOf(count: number, signed: number, more: Body[] = []): Promise<Open> {
  const transactions = await Promise.all(steps(signed).map((_, nonce) => bytes(nonce)));
  const entries: Body[] = [adopted, opened(count)];
  if (signed > 0) entries.push({ kind: "signed", transactions });
  return more.reduce<LedgerState | undefined>(apply, replay(entries)) as Open;
}

export const hashOf = ({ open }: Open, nonce: number, candidate = -1): Hex => {
  const slot = open.slots.find((one) => one.nonce === nonce);
  return slot?.candidates.at(candidate)?.hash as Hex;
};

export function receipt(hash: Hex, block: number, over: Partial<Receipt> = {}): Receipt {
  const paid = { gasUsed: 50_000, price: 2n * GWEI, dataFee: 0n };
  return { hash, block, succeeded: true, contract: null, ...paid, ...over };
}

export const market = (baseFee: bigint): Market => ({
  type: "eip1559",
  baseFee,
  priorityFee: GWEI,
});

export type Glance = Partial<Omit<Observation, "receipts">>;

/** A look at a chain at block 10 that knows nothing of the key. */
export function look(over: Glance & { mined?: Receipt[] } = {}): Observation {
  const { mined = [], ...rest } = over;
  return {
    look: 1,
    head: { number: 10, gasLimit: 30_000_000, baseFee: GWEI },
    final: 10,
    nonce: mined.length,
    pending: rest.nonce ?? mined.length,
    market: market(GWEI),
    ...rest,
    receipts: new Map(mined.map((one) => [one.hash, one])),
  };
}

export const head = (number: number, gasLimit = 30_000_000) => ({
  number,
  gasLimit,
  baseFee: GWEI,
});

export const taken: SendVerdict = { verdict: "taken" };

/** A memory of having sent these bytes at a block and a look. */
export function sentAt(block: number, hashes: Hex[], answer = taken, over: Partial<Memory> = {}) {
  const memory = freshMemory(16, false);
  for (const hash of hashes) {
    const refusals = answer.verdict === "refused" ? 1 : 0;
    memory.sent.set(hash, { first: block, block, look: 1, answer, next: 0, refusals });
  }
  return Object.assign(memory, over);
}
