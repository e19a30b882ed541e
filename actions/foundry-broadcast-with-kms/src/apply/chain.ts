import { ActionError, count, later } from "@playbook/action";
import { type Asked, broadcastOn, resultOf } from "@playbook/broadcast";
import {
  type Broadcast,
  type ChainDone,
  closePlan,
  type DeploymentRecord,
  type Endpoint,
  explorerLink,
  openAndBroadcast,
  type Plan,
  type PlannedChain,
  prepare,
} from "@playbook/evm";
import { madeOn } from "./attempt.ts";

type ToReady = Asked & {
  /** What an earlier run of the release has already ended here. */
  finished: ChainDone | undefined;
};

export type ReadyChain = {
  name: string;
  endpoint: Endpoint;
  broadcast: Broadcast;
  finished: ChainDone | undefined;
  /** The error to end with when a step reverted here. */
  failure(done: Map<string, ChainDone>): ActionError | undefined;
};

/** Opens one chain's endpoint and ledger and checks all that can be known before a signature. */
export async function readyChain(asked: ToReady): Promise<ReadyChain> {
  const { plan, signer, store, finished, context } = asked;
  const broadcast = broadcastOn(asked);
  const planned = broadcast.chain;
  const { name, metadata: chain } = planned;
  const { endpoint, ledger, steps, policy } = broadcast;

  if (finished) await ledger.read();
  else {
    const { budget } = policy;
    const { clock } = context;
    const ready = { ...broadcast, chain, planned, signer: signer.address, store, budget, clock };
    const { resumed, left } = await prepare(ready);
    context.progress(
      `${name}: ${resumed ? "going on" : "ready"}, ${left} of ${steps.length} to do`,
    );
  }
  return {
    name,
    endpoint,
    finished,
    broadcast,
    failure: (done) => reverted(plan, planned, done.get(name)),
  };
}

export type Released = {
  event: ChainDone;
  /** Transactions that this run sent. */
  sent: number;
  /** Done when the key is given back. */
  closing: Promise<void>;
};

/**
 * Brings the plan to its end on one chain and stores the result, upon which the key is given back.
 */
export async function releaseChain(chain: ReadyChain, record: DeploymentRecord): Promise<Released> {
  if (chain.finished) {
    const closing = later(closePlan(chain.broadcast, chain.finished.outcome));
    return { event: chain.finished, sent: 0, closing };
  }
  const { outcome, settlements, sent } = await openAndBroadcast(chain.broadcast);

  const results = settlements.flatMap(resultOf);
  const event: ChainDone = { kind: "chain-done", chain: chain.name, outcome, results };
  await record.append(event);
  return { event, sent, closing: later(closePlan(chain.broadcast, outcome)) };
}

function reverted(
  plan: Plan,
  { name, metadata }: PlannedChain,
  done: ChainDone | undefined,
): ActionError | undefined {
  const bad = done?.results.find(({ succeeded }) => !succeeded);
  const step = plan.steps.find(({ id }) => id === bad?.step);
  if (!bad || !step) return undefined;

  const good = done?.results.filter(({ succeeded }) => succeeded).length ?? 0;
  const link = explorerLink(metadata, "tx", bad.hash) ?? bad.hash;
  const made = madeOn(plan, name, done).map(
    ({ contract, address }) => `${contract ?? "one"} at ${address}`,
  );
  const left = made.length > 0 ? ` They made ${made.join(", ")}, which is part of no release.` : "";
  return new ActionError("step-reverted", {
    what: `${step.label} (${step.id}) reverted on ${name}: ${link}`,
    why:
      "The chain was in another state than the plan was made on. " +
      `${count(good, "step")} took effect there.${left}`,
    next: "Find out what changed, mend it, and run the release again: it is planned anew.",
  });
}
