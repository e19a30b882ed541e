import type { Context } from "@playbook/action";
import {
  type Broadcast,
  type Connection,
  connect,
  deploymentName,
  Endpoint,
  type FeeOverride,
  finality,
  gasPolicy,
  Ledger,
  type Plan,
  type PlannedChain,
  planDigest,
  type Settlement,
  stepsOn,
  type Wei,
  withFees,
} from "@playbook/evm";
import type { Quorums, RpcUrl } from "./inputs.ts";
import type { Opened } from "./open.ts";

export type Asked = Opened & {
  plan: Plan;
  planned: PlannedChain;
  rpcUrls: RpcUrl[];
  budget: { name: string; wei: Wei }[];
  fees?: FeeOverride[];
  quorum?: Quorums;
  window: number;
  writer: string;
  context: Context;
};

/** Blocks that a transaction may wait before it is replaced. */
const PATIENCE = 3;

const LONGEST_PAUSE_MS = 2_000;

/** One chain's endpoint, its ledger, and the rules by which the plan is sent there. */
export function broadcastOn(asked: Asked): Broadcast {
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
