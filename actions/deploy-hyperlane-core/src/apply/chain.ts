import { ActionError, type Context, goOn, reason } from "@playbook/action";
import {
  broadcastOn,
  connectionTo,
  type Opened,
  type Quorums,
  type RpcUrl,
  resultOf,
} from "@playbook/broadcast";
import {
  type Address,
  type Broadcast,
  closePlan,
  connect,
  DeploymentRecord,
  explorerLink,
  type FeeOverride,
  getBlob,
  givenUp,
  openAndBroadcast,
  type Plan,
  type PlannedChain,
  planDigest,
  prepare,
  type StepResult,
  type Wei,
} from "@playbook/evm";
import {
  type ChainPlan,
  desiredOn,
  observe,
  planChain,
  readCoreConfig,
  type ToSign,
  toSign,
} from "@playbook/hyperlane";
import type { Digest } from "@playbook/state";
import { type ChainPart, type Entry, entryText, readEntry } from "../document.ts";
import { WHAT } from "../plan/plan-one.ts";
import { History } from "./history.ts";

export type ApplyInputs = {
  repository: string;
  environment: string;
  rpcUrls: RpcUrl[];
  budget: { name: string; wei: Wei }[];
  fees?: FeeOverride[];
  quorum?: Quorums;
  window: number;
  /** Chains whose earlier deployments are not to be gone on with. */
  redeploy: string[];
};

/** How a chain's part ended. */
export type Outcome = {
  entry: Entry;
  /** Transactions that this run sent. */
  sent: number;
  state: "unchanged" | "deployed" | "continued" | "known";
  /** What the owners of Safes are to sign, as far as it is known. */
  toSign: ToSign[];
  /** Why the approved plan is not what the chain has now. */
  failure?: ActionError;
};

/** Brings one chain's part to its end, from wherever earlier runs have left it. */
export class ChainRun {
  readonly #inputs: ApplyInputs;
  readonly #opened: Opened;
  readonly #writer: string;
  readonly #context: Context;

  constructor(inputs: ApplyInputs, opened: Opened, writer: string, context: Context) {
    this.#inputs = inputs;
    this.#opened = opened;
    this.#writer = writer;
    this.#context = context;
  }

  async apply(part: ChainPart): Promise<Outcome> {
    const outcome = await this.#apply(part);
    return { ...outcome, toSign: await this.#toSign(outcome.entry) };
  }

  async #apply({ entry, plan }: ChainPart): Promise<Omit<Outcome, "toSign">> {
    const { repository, environment, redeploy } = this.#inputs;
    const place = { repository, environment, chain: entry.name };
    const history = new History(this.#opened.store, place, this.#writer);
    const last = await history.read();
    const unfinished = plan && (await this.#unfinishedOn(plan));
    if (unfinished) {
      const sent = await this.#bring(unfinished.plan, unfinished.entry, history);
      const failure = planAgain(entry.name);
      return { ...(await this.#seen(unfinished.entry)), sent, state: "continued", failure };
    }
    const missing = last && !redeploy.includes(entry.name) ? lacking(entry, last.addresses) : [];
    if (last && missing.length > 0 && last.plan !== (plan && planDigest(plan))) {
      const known = { ...entry, addresses: last.addresses, proposals: [] };
      return { entry: known, sent: 0, state: "known", failure: registryBehind(entry, missing) };
    }
    if (!plan) return { entry, sent: 0, state: "unchanged" };
    const sent = await this.#bring(plan, entry, history);
    return { ...(await this.#seen(entry)), sent, state: "deployed" };
  }

  /** A plan of this action that an earlier run has begun here, and not the one that is offered. */
  async #unfinishedOn(offered: Plan): Promise<{ plan: Plan; entry: Entry } | undefined> {
    const { store } = this.#opened;
    const { ledger } = this.#broadcast(offered);
    const open = (await ledger.read())?.open;
    if (!open || open.plan === planDigest(offered)) return undefined;
    const { repository, environment } = this.#inputs;
    const record = new DeploymentRecord(store, offered.deployment, this.#writer);
    const plan = await record.plan(open.plan as Digest);
    const { deployment, scripts, files } = plan;
    const isOurs = scripts[0]?.target === WHAT && deployment.repository === repository;
    const [file] = files;
    if (!isOurs || deployment.environment !== environment || !file) return undefined;
    const stored = await getBlob(store, file.digest as Digest);
    return stored && { plan, entry: readEntry(Buffer.from(stored).toString()) };
  }

  /** Sends what is left of a plan. Resolves to how many transactions this run sent. */
  async #bring(plan: Plan, entry: Entry, history: History): Promise<number> {
    const { store, signer } = this.#opened;
    const record = new DeploymentRecord(store, plan.deployment, this.#writer);
    const broadcast = this.#broadcast(plan);
    const { chain: planned, policy } = broadcast;
    const state = await record.read();
    if (state.stage === "finished") return 0;
    if (state.stage === "unfinished" && state.abandoning) throw givenUp(record.where);
    const done = state.stage === "unfinished" ? state.done.get(entry.name) : undefined;
    if (!done) {
      const { clock } = this.#context;
      const { budget } = policy;
      const chain = planned.metadata;
      const ready = { ...broadcast, chain, planned, signer: signer.address, store, budget, clock };
      const { resumed, left } = await prepare(ready);
      const how = resumed ? "going on" : "ready";
      this.#context.progress(`${entry.name}: ${how}, ${left} of ${plan.steps.length} to do`);
    }
    if (state.stage === "new") await record.begin(plan, [Buffer.from(entryText(entry))]);
    const { outcome, results, sent } = done
      ? { ...done, sent: 0 }
      : await this.#broadcastAll(broadcast);
    await record.append({ kind: "chain-done", chain: entry.name, outcome, results });
    if (outcome === "complete") await history.append(planDigest(plan), entry.addresses);
    if (done) await broadcast.ledger.read();
    await closePlan(broadcast, outcome);
    if (outcome === "failed") {
      await record.append({ kind: "failed", chains: [entry.name] });
      throw reverted(plan, planned, results);
    }
    const created = plan.steps.flatMap(({ chain, creates }) =>
      creates.map(({ contract, address }) => ({ chain, contract, address })),
    );
    await record.append({ kind: "finished", created });
    return sent;
  }

  async #broadcastAll(broadcast: Broadcast) {
    const { outcome, settlements, sent } = await openAndBroadcast(broadcast);
    return { outcome, results: settlements.flatMap(resultOf), sent };
  }

  /** Looks at the chain once more: what is there is what was planned. Throws `not-as-planned`. */
  async #seen(entry: Entry): Promise<{ entry: Entry }> {
    const { name, config, domains, addresses } = entry;
    const signer = this.#opened.signer.address;
    const desired = desiredOn(name, readCoreConfig(config, `the plan of ${name}`), domains);
    const observed = await observe(this.#wire(entry), { desired, signer, known: addresses });
    const left = planChain(desired, observed, signer);
    if (left.steps.length > 0) throw notAsPlanned(left);
    return { entry: { ...entry, since: observed.core?.since ?? null } };
  }

  /** The next transaction of each Safe that has been proposed something. */
  async #toSign(entry: Entry): Promise<ToSign[]> {
    const { name, chainId, proposals } = entry;
    const bySafe = [...Map.groupBy(proposals, ({ by }) => by)];
    if (bySafe.length === 0) return [];
    try {
      const wire = this.#wire(entry);
      const asked = bySafe.map(([account, calls]) => toSign(wire, { account, chainId, calls }));
      return (await Promise.all(asked)).filter((one) => one !== undefined);
    } catch (error) {
      goOn(this.#context);
      this.#context.warn(`What is to be signed on ${name} is not known: ${reason(error)}`);
      return [];
    }
  }

  #wire({ name, metadata }: Entry) {
    const { quorum, rpcUrls } = this.#inputs;
    const given = rpcUrls.filter((one) => one.name === name).map(({ value }) => value);
    const own = (metadata.rpcUrls ?? []) as { http: string }[];
    const urls = given.length > 0 ? given : own.map(({ http }) => http);
    return connect(urls, connectionTo(name, { quorum, context: this.#context }));
  }

  #broadcast(plan: Plan): Broadcast {
    const planned = plan.chains[0] as PlannedChain;
    const { rpcUrls, budget, fees, quorum, window } = this.#inputs;
    const writer = this.#writer;
    const context = this.#context;
    const asked = { plan, planned, rpcUrls, budget, fees, quorum, window, writer, context };
    return broadcastOn({ ...asked, ...this.#opened });
  }
}

/** Names of contracts that were deployed and that the plan's registry did not know. */
function lacking({ known }: Entry, deployed: Record<string, Address>): string[] {
  return Object.keys(deployed).filter((name) => !(name in known));
}

function planAgain(chain: string): ActionError {
  return new ActionError("plan-continued", {
    what: `On ${chain} an unfinished plan was brought to its end, and not the approved one.`,
    why: "An earlier run had begun it, and a key finishes what it has signed.",
    next: "Take the registry of this run's result over, and plan again.",
  });
}

function registryBehind({ name }: Entry, missing: string[]): ActionError {
  return new ActionError("registry-behind", {
    what: `The registry lacks what an earlier run has deployed on ${name}: ${missing.join(", ")}.`,
    why: "It would be deployed a second time. Nothing was sent there.",
    next:
      "Take the registry of this run's result over, and plan again; or name the chain in " +
      "`redeploy` to leave the earlier deployment where it is.",
  });
}

function reverted(plan: Plan, { name, metadata }: PlannedChain, results: StepResult[]) {
  const bad = results.find(({ succeeded }) => !succeeded);
  const step = plan.steps.find(({ id }) => id === bad?.step);
  const hash = bad?.hash ?? "0x";
  const good = results.filter(({ succeeded }) => succeeded).length;
  return new ActionError("step-reverted", {
    what: `${step?.label} reverted on ${name}: ${explorerLink(metadata, "tx", hash) ?? hash}`,
    why: `The chain was in another state than the plan was made on. ${good} steps took effect there.`,
    next: "Find out what changed, mend it, and plan again.",
  });
}

function notAsPlanned({ chain, steps }: ChainPlan): ActionError {
  return new ActionError("not-as-planned", {
    what: `${chain} is not as planned, though all of the plan took effect.`,
    why: `There is left: ${steps.map(({ label }) => label).join(", ")}.`,
    next: "See who else changes it. Plan again: what is left is in the new plan.",
  });
}
