import { ActionError, type Context, later } from "@playbook/action";
import {
  type Broadcast,
  type ChainDone,
  type Connection,
  closePlan,
  connect,
  type DeploymentRecord,
  deploymentName,
  Endpoint,
  explorerLink,
  type FeeOverride,
  finality,
  gasPolicy,
  Ledger,
  openAndBroadcast,
  type Plan,
  type PlannedChain,
  planDigest,
  prepare,
  type Settlement,
  stepsOn,
  type Wei,
  withFees,
} from "@playbook/evm";
import type { Quorums, RpcUrl } from "../inputs.ts";
import { madeOn } from "./attempt.ts";
import type { Opened } from "./state.ts";

type Asked = Opened & {
  plan: Plan;
  planned: PlannedChain;
  /** What an earlier run of the release has already ended here. */
  finished: ChainDone | undefined;
  rpcUrls: RpcUrl[];
  budget: { name: string; wei: Wei }[];
  fees?: FeeOverride[];
  quorum?: Quorums;
  window: number;
  writer: string;
  context: Context;
};

export type ReadyChain = {
  name: string;
  endpoint: Endpoint;
  broadcast: Broadcast;
  finished: ChainDone | undefined;
  /** The error to end with when a step reverted here. */
  failure(done: Map<string, ChainDone>): ActionError | undefined;
};

/** Blocks that a transaction may wait before it is replaced. */
const PATIENCE = 3;

const LONGEST_PAUSE_MS = 2_000;

/** Opens one chain's endpoint and ledger and checks all that can be known before a signature. */
export async function readyChain(asked: Asked): Promise<ReadyChain> {
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

/** One chain's endpoint, its ledger, and the rules by which the plan is sent there. */
export function broadcastOn(asked: Omit<Asked, "finished">): Broadcast {
  const { plan, signer, store, writer, context } = asked;
  const metadata = withFees(asked.planned.metadata, asked.fees);
  const planned = { ...asked.planned, metadata };
  const { name, genesis, chainId } = planned;
  const gas = gasPolicy(metadata);
  const budget = asked.budget.find((one) => one.name === name)?.wei ?? null;
  return {
    steps: stepsOn(plan, name),
    plan: planDigest(plan),
    endpoint: new Endpoint(connect(urlsOf(asked), connectionTo(name, asked)), gas),
    ledger: new Ledger(store, { genesis, chainId, signer: signer.address }, writer),
    chain: planned,
    deployment: deploymentName(plan.deployment),
    signer,
    finality: finality(metadata),
    policy: { window: asked.window, patience: PATIENCE, budget, gas },
    pause: pauseOf(planned),
    context,
  };
}

/** How a chain is reached, by the inputs. */
export function connectionTo(
  chain: string,
  { quorum = [], context }: { quorum?: Quorums | undefined; context: Context },
): Connection {
  const own = quorum.find(({ name }) => name === chain) ?? quorum.find(({ name }) => name === null);
  const { clock, signal, warn } = context;
  return { chain, quorum: own?.count, clock, signal, warn };
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

/** What the record keeps of a nonce; nothing of one that no step had in the end. */
export function resultOf({ step, hash, block, succeeded, gasUsed, fee }: Settlement) {
  return step === null ? [] : [{ step, hash, block, succeeded, gasUsed, fee }];
}

/** Where a chain is reached: by the inputs, else by the chains file as the plan carries it. */
export function urlsOf({ rpcUrls, planned }: Pick<Asked, "rpcUrls" | "planned">): string[] {
  const given = rpcUrls.filter(({ name }) => name === planned.name).map(({ value }) => value);
  return given.length > 0 ? given : planned.metadata.rpcUrls.map(({ http }) => http);
}

/** A quarter of a block, so that a new one is seen soon and a node is not asked in vain. */
function pauseOf({ metadata }: PlannedChain): number {
  const seconds = metadata.blocks.estimateBlockTime ?? 4;
  return Math.min(LONGEST_PAUSE_MS, Math.max(50, seconds * 250));
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
    why: `The chain was in another state than the plan was made on. ${good} steps took effect there.${left}`,
    next: "Find out what changed, mend it, and run the release again: it is planned anew.",
  });
}
