import { type Context, goOn } from "@playbook/action";
import { LogLost } from "@playbook/state";
import type { Endpoint, SendVerdict } from "../endpoint.ts";
import type { Fees } from "../fees.ts";
import type { LedgerTransaction, Settlement } from "../ledger/entry.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Candidate, LedgerState, OpenPlan, Slot } from "../ledger/state.ts";
import type { PlannedChain, Step } from "../plan.ts";
import { type Signer, signTransaction } from "../transaction.ts";
import { type Decision, decide, type Memory, type Policy } from "./decide.ts";
import { stopped } from "./errors.ts";
import { type Finality, observe, whoUsed } from "./observe.ts";
import { type Observation, settlementOf } from "./progress.ts";

export type Broadcast = {
  chain: PlannedChain;
  /** The plan's steps on this chain, in nonce order. */
  steps: Step[];
  /** Digest of the plan. */
  plan: string;
  /** Name of the deployment, for people who find the key at work. */
  deployment: string;
  endpoint: Endpoint;
  /** Read, and adopted for this chain and signer. */
  ledger: Ledger;
  signer: Signer;
  finality: Finality;
  policy: Policy;
  /** Longest pause between two looks at the chain, in milliseconds. */
  pause: number;
  context: Context;
};

export type Broadcasted = {
  outcome: "complete" | "failed";
  settlements: Settlement[];
  /** Transactions that this run handed to a node for the first time. */
  sent: number;
};

const SENT_AT_ONCE = 16;
const SHORTEST_PAUSE_MS = 10;
const WIDEST_WINDOW = 512;

/** A cancellation is a transfer of nothing to oneself; rollups meter more than 21,000 for it. */
const CANCELLATION_GAS = 100_000;

/**
 * Brings the open plan to its end on one chain, from wherever its ledger stands. Returns when every
 * nonce is final and before the plan is closed: `close` does that once the result is stored.
 * Every rule is in `decide`; this only carries out, one effect after the other.
 */
export async function broadcast(inputs: Broadcast): Promise<Broadcasted> {
  const run = new Run(inputs);
  return run.toTheEnd();
}

/** Opens the plan in its ledger, unless it is open already. Nothing is signed before. */
export async function openPlan({ ledger, chain, plan, deployment, steps }: Broadcast) {
  const open = ledger.state?.open;
  if (open && open.plan !== plan) throw stopped.planOpen(chain.name, open.deployment);
  if (open) return;

  const { firstNonce } = chain;
  await ledger.append({ kind: "opened", plan, deployment, firstNonce, steps: steps.length });
}

/** Gives the key back: the last entry of a plan, written when its result is stored elsewhere. */
export async function closePlan(
  { ledger, plan, deployment }: Pick<Broadcast, "ledger" | "plan" | "deployment">,
  outcome: "complete" | "failed",
): Promise<void> {
  const { state } = ledger;
  if (state?.open?.plan !== plan) return;
  const { genesis, chainId, signer, nonce, block } = state;
  const identity = { genesis, chainId, signer, nonce, block };
  await ledger.append({ kind: "closed", plan, deployment, outcome, ...identity });
}

class Run {
  readonly #inputs: Broadcast;
  readonly #memory: Memory;
  #look = 0;
  #quiet = 0;
  #sent = 0;
  #said = "";

  constructor(inputs: Broadcast) {
    this.#inputs = inputs;
    const { window } = inputs.policy;
    this.#memory = { sent: new Map(), refusedFees: new Set(), window };
  }

  async toTheEnd(): Promise<Broadcasted> {
    let seen = await this.#observe();
    for (;;) {
      goOn(this.#inputs.context);
      const ledger = this.#openLedger();
      const { steps, policy } = this.#inputs;
      const decision = decide(steps, ledger, seen, this.#memory, policy);

      if (decision.act === "close") {
        const { settled: settlements } = ledger.open;
        return { outcome: decision.outcome, settlements, sent: this.#sent };
      }
      const lookAgain = await this.#perform(decision, seen).catch((error: unknown) =>
        this.#readAgain(error),
      );
      if (lookAgain) seen = await this.#observe();
    }
  }

  /** Carries out a decision. True when the chain has to be looked at before the next one. */
  async #perform(decision: Decision, seen: Observation): Promise<boolean> {
    const { ledger, chain } = this.#inputs;
    switch (decision.act) {
      case "sign":
        await this.#sign(decision.steps, decision.fees);
        return false;
      case "send":
        await this.#send(decision.candidates, seen);
        return true;
      case "replace":
        await this.#replace(decision.slots);
        return false;
      case "cancel":
        await this.#cancel(decision.slots, decision.why);
        return false;
      case "settle":
        await ledger.append({ kind: "settled", settlements: decision.mined.map(settlementOf) });
        return false;
      case "trace":
        await this.#trace(decision.nonce, seen);
        return true;
      case "wait":
        await this.#wait(decision.reason);
        return true;
      case "stop":
        throw decision.code === "budget-reached"
          ? stopped.budget(chain.name, decision.why)
          : stopped.stepTooBig(chain.name, decision.why);
      case "close":
        return false;
    }
  }

  /** Somebody else has written the next entry: what it says counts, what we signed is thrown away. */
  async #readAgain(error: unknown): Promise<boolean> {
    if (!(error instanceof LogLost)) throw error;
    this.#say("another run of this release is at work; going on from what it stored");
    await this.#inputs.ledger.read();
    return true;
  }

  #openLedger(): LedgerState & { open: OpenPlan } {
    const { ledger, plan, chain } = this.#inputs;
    const state = ledger.state;
    if (state?.open?.plan === plan) return { ...state, open: state.open };
    if (state?.open) throw stopped.planOpen(chain.name, state.open.deployment);
    throw stopped.closedElsewhere(chain.name, state?.last?.outcome ?? "unknown");
  }

  async #observe(): Promise<Observation> {
    const { endpoint, finality } = this.#inputs;
    this.#look += 1;
    const ledger = this.#openLedger();
    const seen = await observe(endpoint, ledger, finality, this.#look);
    this.#adaptWindow(ledger.open.slots, seen);
    return seen;
  }

  /** Twice as wide once the node holds all that fits; as wide as what it held when it lost some. */
  #adaptWindow(slots: Slot[], { pending, nonce, head }: Observation): void {
    const memory = this.#memory;
    const given = slots.filter(({ candidates }) =>
      candidates.some(({ hash }) => memory.sent.has(hash)),
    );
    const last = given.at(-1);
    if (!last) return;

    const full = last.nonce - (given[0]?.nonce ?? 0) + 1 >= memory.window;
    const lost = given.some(({ candidates, nonce: own }) => {
      const sent = memory.sent.get(candidates.at(-1)?.hash ?? "0x");
      return own >= pending && sent !== undefined && head.number > sent.block;
    });
    if (lost) memory.window = Math.max(1, Math.min(memory.window, pending - nonce));
    else if (full && pending > last.nonce) {
      memory.window = Math.min(WIDEST_WINDOW, memory.window * 2);
    }
  }

  async #sign(steps: Step[], fees: Fees): Promise<void> {
    const transactions = await Promise.all(
      steps.map((step) => this.#signAs(step.id, { ...step, fees })),
    );
    await this.#inputs.ledger.append({ kind: "signed", transactions });
  }

  async #replace(slots: { slot: Slot; fees: Fees }[]): Promise<void> {
    this.#say(`replacing ${slots.length} with higher fees, from nonce ${slots[0]?.slot.nonce}`);
    const transactions = await Promise.all(
      slots.map(({ slot, fees }) => this.#signAgain(slot, fees)),
    );
    await this.#inputs.ledger.append({ kind: "replaced", transactions });
  }

  #signAgain(slot: Slot, fees: Fees): Promise<LedgerTransaction> {
    const cancelled = slot.candidates.some(({ step }) => step === null);
    const step = this.#inputs.steps.find(({ id }) => id === slot.step);
    if (cancelled || !step) return this.#signNothing(slot.nonce, fees);
    return this.#signAs(step.id, { ...step, fees });
  }

  async #cancel(slots: { slot: Slot; fees: Fees }[], why: string): Promise<void> {
    this.#say(`cancelling ${slots.length}, from nonce ${slots[0]?.slot.nonce}: ${why}`);
    const transactions = await Promise.all(
      slots.map(({ slot, fees }) => this.#signNothing(slot.nonce, fees)),
    );
    await this.#inputs.ledger.append({ kind: "cancelled", transactions, why });
  }

  #signNothing(nonce: number, fees: Fees): Promise<LedgerTransaction> {
    const to = this.#inputs.signer.address;
    return this.#signAs(null, { nonce, to, value: 0n, data: "0x", gas: CANCELLATION_GAS, fees });
  }

  async #signAs(
    step: string | null,
    {
      nonce,
      to,
      value,
      data,
      gas,
      fees,
    }: Pick<Step, "nonce" | "to" | "value" | "data" | "gas"> & {
      fees: Fees;
    },
  ): Promise<LedgerTransaction> {
    const { chain, signer } = this.#inputs;
    const unsigned = { chainId: chain.chainId, nonce, to, value, data, gas, fees };
    return { step, ...(await signTransaction(unsigned, signer)) };
  }

  async #send(candidates: (Candidate & { nonce: number })[], seen: Observation): Promise<void> {
    this.#say(`sending ${candidates.length}, from nonce ${candidates[0]?.nonce}`);
    const queue = [...candidates];
    const sender = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        goOn(this.#inputs.context);
        this.#take(next, await this.#inputs.endpoint.send(next.raw), seen);
      }
    };
    await Promise.all(Array.from({ length: SENT_AT_ONCE }, sender));
    this.#quiet = 0;
  }

  #take(candidate: Candidate, verdict: SendVerdict, { head, look }: Observation): void {
    const { chain, signer, endpoint } = this.#inputs;
    const memory = this.#memory;
    const known = memory.sent.get(candidate.hash);
    const first = known?.first ?? head.number;
    memory.sent.set(candidate.hash, { first, block: head.number, look });
    if (!known && verdict.verdict === "taken") this.#sent += 1;

    switch (verdict.verdict) {
      case "fee-too-low":
        memory.refusedFees.add(candidate.hash);
        return;
      case "pool-full":
        memory.window = Math.max(1, Math.floor(memory.window / 2));
        return;
      case "no-funds":
        throw stopped.noFunds(chain.name, signer.address, verdict.said);
      case "refused":
        throw stopped.refused(
          chain.name,
          candidate.step ?? "a cancellation",
          endpoint.host,
          verdict.said,
        );
    }
  }

  async #trace(nonce: number, seen: Observation): Promise<void> {
    const { endpoint, signer, ledger, chain } = this.#inputs;
    const from = ledger.state?.block ?? 0;
    const user = await whoUsed(endpoint, signer.address, nonce, from, seen.head.number);
    const slot = ledger.state?.open?.slots.find((one) => one.nonce === nonce);
    const ours = slot?.candidates.some(({ hash }) => hash === user?.hash);
    if (user && !ours) throw stopped.usedElsewhere(chain.name, nonce, user.hash, user.block);
    await this.#wait(`the receipt of nonce ${nonce}, which the chain counts as used`);
  }

  async #wait(reason: string): Promise<void> {
    const { context, pause } = this.#inputs;
    const ms = Math.min(pause, SHORTEST_PAUSE_MS * 2 ** this.#quiet);
    if (this.#quiet >= 5) this.#say(`waiting: ${reason}`);
    this.#quiet += 1;
    await context.clock.sleep(ms, context.signal);
  }

  #say(line: string): void {
    if (line === this.#said) return;
    this.#said = line;
    this.#inputs.context.progress(`${this.#inputs.chain.name}: ${line}`);
  }
}
