import { ActionError, type Context, goOn } from "@playbook/action";
import type { Endpoint } from "../endpoint.ts";
import type { Body, Settlement } from "../ledger/entry.ts";
import type { ClosedPlan, LedgerState, OpenPlan, Outcome } from "../ledger/state.ts";
import type { Hex } from "../primitives.ts";
import { readTransaction, type Signer } from "../transaction.ts";
import { Bytes } from "./bytes.ts";
import { decide } from "./decide.ts";
import type { Batch, Decision, Obstacle, Policy } from "./decision.ts";
import { obstacleError, stopped, within } from "./errors.ts";
import { checkIdentity } from "./identity.ts";
import { Lookout } from "./lookout.ts";
import { freshMemory, type Memory, note, remember } from "./memory.ts";
import { type Finality, whoUsed } from "./observe.ts";
import { type Opening, openPlan, wrote } from "./open.ts";
import { type Observation, settlementOf } from "./progress.ts";

export type Broadcast = Opening & {
  endpoint: Endpoint;
  signer: Signer;
  finality: Finality;
  policy: Policy;
  /** Longest pause between two looks at the chain, in milliseconds. */
  pause: number;
  /** True for the run that uses a plan's nonces up, once the plan was given up. */
  givesUp?: boolean;
  context: Context;
};

export type Broadcasted = {
  outcome: Outcome;
  settlements: Settlement[];
  /** Transactions that this run handed to a node for the first time. */
  sent: number;
};

type OpenLedger = LedgerState & { open: OpenPlan };
type Sending = Extract<Decision, { act: "send" }>;

/** Looks in a row that show a nonce as used and not by what: a node that keeps no old states. */
const LOOKS_UNPROVEN = 60;

/**
 * Brings the open plan to its end on one chain, from wherever its ledger stands. Returns when every
 * nonce is final and before the plan is closed: `closePlan` does that once the result is stored.
 * When another run of the same plan has closed it meanwhile, what that run saw is returned. Every
 * rule is in `decide`; this only carries out, one effect after the other.
 */
export async function broadcast(inputs: Broadcast): Promise<Broadcasted> {
  const run = new Run(inputs);
  return within(inputs.chain.name, inputs.endpoint, () => run.toTheEnd());
}

/** Opens the plan and looks at the chain at once, then does what `broadcast` does. */
export async function openAndBroadcast(inputs: Broadcast): Promise<Broadcasted> {
  const { chain, endpoint, ledger } = inputs;
  return within(chain.name, endpoint, async () => {
    const { state } = ledger;
    if (!state || state.open) await openPlan(inputs);
    else {
      const run = new Run(inputs);
      const looking = run.look(state);
      await allDone([looking, openPlan(inputs)]);
      // Unless another run of the plan was first, nothing was signed since.
      if (ledger.state?.open?.slots.length === 0) return run.toTheEnd(await looking);
    }
    return new Run(inputs).toTheEnd();
  });
}

class Run {
  readonly #inputs: Broadcast;
  readonly #bytes: Bytes;
  readonly #memory: Memory;
  readonly #lookout: Lookout;
  #unproven = 0;
  #sent = 0;
  #said = "";

  constructor(inputs: Broadcast) {
    const { chain, signer, policy, ledger } = inputs;
    const resumed = (ledger.state?.open?.slots.length ?? 0) > 0;
    this.#inputs = inputs;
    this.#bytes = new Bytes(chain, signer);
    this.#memory = freshMemory(policy.window, resumed);
    this.#lookout = new Lookout(inputs, this.#memory, (line) => this.#say(line));
  }

  look(ledger: LedgerState): Promise<Observation> {
    return this.#lookout.look(ledger);
  }

  /** With what was seen before, when that is no older than the ledger. */
  async toTheEnd(first?: Observation): Promise<Broadcasted> {
    const { context, steps, policy } = this.#inputs;
    let seen: Observation | undefined;
    let waitedAt: Observation | undefined;
    let next = first;
    for (;;) {
      goOn(context);
      const standing = this.#standing();
      if ("closed" in standing) return this.#ended(standing.closed);
      const { ledger } = standing;

      if (!seen) {
        seen = next ?? (await this.#lookout.observe(ledger, waitedAt));
        next = undefined;
        remember(this.#memory, ledger, seen);
      }
      const decision = decide(steps, ledger, seen, this.#memory, policy);
      if (decision.act !== "trace") this.#unproven = 0;
      waitedAt = decision.act === "wait" ? seen : undefined;
      if (decision.act === "send") {
        seen = await this.#send(decision, seen, ledger);
        continue;
      }
      if (decision.act === "close") {
        return { outcome: decision.outcome, settlements: ledger.open.settled, sent: this.#sent };
      }
      if (await this.#perform(decision, seen)) seen = undefined;
    }
  }

  /** The open plan of the ledger if it is ours, or how it was closed by another run. */
  #standing(): { ledger: OpenLedger } | { closed: ClosedPlan } {
    const { ledger, plan, chain, givesUp } = this.#inputs;
    const { state } = ledger;
    if (state?.open?.plan === plan) {
      if (state.open.abandoned && !givesUp) throw stopped.abandoned(chain.name);
      return { ledger: { ...state, open: state.open } };
    }
    if (state?.last?.plan === plan) return { closed: state.last };
    throw stopped.planOpen(chain.name, state?.open?.deployment ?? "nobody");
  }

  #ended({ outcome, settled: settlements }: ClosedPlan): Broadcasted {
    const { chain, steps, givesUp } = this.#inputs;
    const unknown = settlements.length === 0 && steps.length > 0;
    if (outcome === "abandoned" && !givesUp) throw stopped.abandoned(chain.name);
    if (unknown && !givesUp) throw stopped.closedElsewhere(chain.name, outcome);
    return { outcome, settlements, sent: this.#sent };
  }

  /** Carries out a decision. True when the chain has to be looked at before the next one. */
  async #perform(decision: Exclude<Decision, Sending>, seen: Observation): Promise<boolean> {
    switch (decision.act) {
      case "sign":
        return this.#sign(decision);
      case "replace":
        return this.#replace(decision);
      case "cancel":
        return this.#cancel(decision);
      case "settle":
        return this.#write({ kind: "settled", settlements: decision.mined.map(settlementOf) });
      case "rehearse":
        return this.#rehearse(decision);
      case "trace":
        return this.#trace(decision.nonce, seen);
      case "wait":
        return this.#wait(decision.reason);
      case "stop":
        return this.#stop(decision.obstacle);
      case "close":
        return false;
    }
  }

  /** Whatever is in the way, that the chain is another one than it was is the reason for it. */
  async #stop(obstacle: Obstacle): Promise<never> {
    const { chain, endpoint } = this.#inputs;
    const found = await checkIdentity(chain, endpoint).catch((error) => error);
    throw found instanceof ActionError ? found : obstacleError(this.#inputs, obstacle);
  }

  /**
   * Durable when it returns false. If another run was first, ours is thrown away and theirs counts.
   */
  async #write(entry: Body): Promise<boolean> {
    const won = await wrote(this.#inputs.ledger, entry);
    if (!won) this.#say("another run of this release is at work; going on from what it stored");
    const own = won && "transactions" in entry ? entry.transactions : [];
    for (const { hash } of own) this.#memory.signed.add(hash);
    return !won;
  }

  async #sign({ steps, fees }: Batch): Promise<boolean> {
    const transactions = await Promise.all(steps.map((step) => this.#bytes.of(step, fees)));
    return this.#write({ kind: "signed", transactions });
  }

  async #replace({ slots }: Extract<Decision, { act: "replace" }>): Promise<boolean> {
    this.#say(`replacing ${slots.length} with higher fees, from nonce ${slots[0]?.slot.nonce}`);
    const { steps } = this.#inputs;
    const signing = slots.map(({ slot, fees }) => this.#bytes.again(slot, steps, fees));
    return this.#write({ kind: "replaced", transactions: await Promise.all(signing) });
  }

  async #cancel({ slots, why }: Extract<Decision, { act: "cancel" }>): Promise<boolean> {
    this.#say(`cancelling ${slots.length}, from nonce ${slots[0]?.slot.nonce}: ${why}`);
    const signing = slots.map(({ slot, fees }) => this.#bytes.ofNothing(slot.nonce, fees));
    return this.#write({ kind: "cancelled", transactions: await Promise.all(signing), why });
  }

  async #rehearse({ candidate, block }: Extract<Decision, { act: "rehearse" }>): Promise<boolean> {
    const { chain, signer, endpoint, steps } = this.#inputs;
    const call = { from: signer.address, ...readTransaction(candidate.raw) };
    const failure = await endpoint.dryRun(call, block);
    const step = steps.find(({ id }) => id === candidate.step);
    if (failure && step) throw stopped.wouldRevert(chain.name, step, failure);
    this.#memory.rehearsed = true;
    return false;
  }

  /**
   * Hands bytes to the node and looks at the chain in the same breath, while the batch after them
   * is signed. What a node said is noted as of the look that came with it, which saw them arrive at
   * most.
   */
  async #send(
    { candidates, ahead }: Sending,
    before: Observation,
    ledger: OpenLedger,
  ): Promise<Observation | undefined> {
    this.#say(`sending ${candidates.length}, from nonce ${candidates[0]?.nonce}`);
    const { endpoint } = this.#inputs;
    const handing = candidates.map(({ raw }) => endpoint.send(raw));
    const looking = this.#lookout.look(ledger);
    const signing = ahead ? this.#sign(ahead) : false;
    await allDone([...handing, looking, signing]);

    const [answers, seen, isOvertaken] = [await Promise.all(handing), await looking, await signing];
    const asOf = { ...seen, nonce: before.nonce };
    for (const [at, answer] of answers.entries()) {
      const candidate = candidates[at];
      if (candidate && note(this.#memory, candidate, answer, asOf)) this.#sent += 1;
    }
    remember(this.#memory, ledger, seen);
    this.#lookout.stir();
    return isOvertaken ? undefined : seen;
  }

  async #trace(nonce: number, seen: Observation): Promise<boolean> {
    const { endpoint, signer, ledger, chain } = this.#inputs;
    const { state } = ledger;
    const from = state?.block ?? 0;
    const user = await whoUsed(endpoint, signer.address, nonce, from, seen.head.number);
    const slot = state?.open?.slots.find((one) => one.nonce === nonce);
    const ours = slot?.candidates.some(({ hash }) => hash === user?.hash);
    if (user && !ours) {
      // Another run of the same plan may have signed and sent it since the ledger was read.
      if ((await ledger.read()) !== state) return true;
      if (!state?.open?.abandoned) {
        throw stopped.usedElsewhere(chain.name, nonce, user.hash, user.block);
      }
      const { hash, block } = user;
      const isFirst = state.nonce === nonce;
      if (isFirst && block <= seen.final) return this.#leave({ nonce, hash, block });
    }
    this.#unproven = user ? 0 : this.#unproven + 1;
    if (this.#unproven > LOOKS_UNPROVEN) throw stopped.unproven(chain.name, endpoint.host, nonce);
    return this.#wait(`the receipt of nonce ${nonce}, which the chain counts as used`);
  }

  /** A nonce of a plan that was given up went to somebody else, for good. */
  #leave({ nonce, hash, block }: { nonce: number; hash: Hex; block: number }): Promise<boolean> {
    this.#say(`nonce ${nonce} was used by somebody else's ${hash} in block ${block}`);
    return this.#write({ kind: "foreign", upTo: nonce + 1, hash, block });
  }

  async #wait(reason: string): Promise<boolean> {
    await this.#lookout.wait(reason);
    return true;
  }

  #say(line: string): void {
    if (line === this.#said) return;
    this.#said = line;
    this.#inputs.context.progress(`${this.#inputs.chain.name}: ${line}`);
  }
}

/** Waits for all of them, also when one fails: none goes on behind the back of whoever called. */
async function allDone(work: unknown[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find(({ status }) => status === "rejected");
  if (failed) throw (failed as PromiseRejectedResult).reason;
}
