import type { Context } from "@playbook/action";
import type { Store } from "@playbook/state";
import type { Wire } from "../src/endpoint.ts";
import {
  type Broadcast,
  type Broadcasted,
  broadcast,
  closePlan,
  DeploymentRecord,
  Endpoint,
  finality,
  gasPolicy,
  Ledger,
  openPlan,
  type Plan,
  type PlannedChain,
  planDigest,
  prepare,
  type Signer,
  stepsOn,
} from "../src/index.ts";

export type Release = {
  plan: Plan;
  store: Store;
  signer: Signer;
  wireTo: (chain: PlannedChain) => Wire;
  /** Random id of the run. */
  writer: string;
  context: Context;
  over?: Partial<Broadcast>;
};

/**
 * Brings a plan to its end on all of its chains, in the order in which an action does it: the plan
 * stored, every chain checked, broadcast, its result stored, its key given back. Transactions sent.
 */
export async function release(asked: Release): Promise<number> {
  const { plan, store, writer } = asked;
  const record = new DeploymentRecord(store, plan.deployment, writer);
  const state = await record.read();
  if (state.stage === "finished") return 0;
  const counts = state.stage === "new" ? plan : await record.plan(state.plan);
  const done = state.stage === "new" ? new Map() : state.done;

  const ready = await all(
    counts.chains.map(async (planned) => {
      const inputs = inputsOn({ ...asked, plan: counts }, planned);
      if (done.has(planned.name)) await inputs.ledger.read();
      else await check(asked, inputs);
      return inputs;
    }),
  );
  if (state.stage === "new") await record.begin(plan, []);

  const ended = await all(
    ready.map(async (inputs) => {
      const { name } = inputs.chain;
      const known = done.get(name);
      if (!known) await openPlan(inputs);
      const { outcome, sent } = known ? { ...known, sent: 0 } : await broadcast(inputs);
      await record.append({ kind: "chain-done", chain: name, outcome, results: [] });
      await closePlan(inputs, outcome);
      return { name, outcome, sent } as { name: string } & Omit<Broadcasted, "settlements">;
    }),
  );
  const failed = ended.filter(({ outcome }) => outcome === "failed").map(({ name }) => name);
  if (failed.length > 0) await record.append({ kind: "failed", chains: failed });
  else await record.append({ kind: "finished", created: [] });
  return ended.reduce((sum, { sent }) => sum + sent, 0);
}

function inputsOn(asked: Release, chain: PlannedChain): Broadcast {
  const { plan, store, signer, wireTo, writer, context, over } = asked;
  const { genesis, chainId } = chain;
  const gas = gasPolicy(chain.metadata);
  const key = { genesis, chainId, signer: signer.address };
  return {
    chain,
    steps: stepsOn(plan, chain.name),
    plan: planDigest(plan),
    deployment: "acme/counter test one",
    endpoint: new Endpoint(wireTo(chain), gas),
    ledger: new Ledger(store, key, writer),
    signer,
    finality: finality(chain.metadata),
    policy: { window: 16, patience: 3, budget: null, gas },
    pause: 100,
    context,
    ...over,
  };
}

function check({ signer, store }: Release, inputs: Broadcast) {
  const { chain: planned, policy } = inputs;
  return prepare({
    ...inputs,
    chain: planned.metadata,
    planned,
    signer: signer.address,
    store,
    budget: policy.budget,
  });
}

/** Like Promise.all, but none is left to itself when another fails. */
async function all<Result>(work: Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
