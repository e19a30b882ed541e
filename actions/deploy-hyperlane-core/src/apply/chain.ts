import { ActionError, type Context, goOn, reason } from "@playbook/action";
import {
  type Asked,
  bring,
  connectionTo,
  type Opened,
  type Quorums,
  type RpcUrl,
  unfinished,
} from "@playbook/broadcast";
import {
  type Address,
  connect,
  type FeeOverride,
  insisting,
  type Plan,
  type PlannedChain,
  planDigest,
  type Wei,
  within,
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
import { type ChainPart, type Entry, entryText, readEntry } from "../document.ts";
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
    const begun = plan && (await this.#unfinishedOn(plan));
    if (begun) {
      const sent = await this.#bring(begun.plan, begun.entry, history);
      const failure = planAgain(entry.name);
      return { ...(await this.#seen(begun.entry)), sent, state: "continued", failure };
    }
    const missing = last && !redeploy.includes(entry.name) ? lacking(entry, last.addresses) : [];
    if (last && missing.length > 0 && last.plan !== (plan && planDigest(plan))) {
      const known = { ...entry, addresses: last.addresses, proposals: [] };
      const since = await this.#since(known);
      const failure = registryBehind(entry, missing);
      return { entry: { ...known, since }, sent: 0, state: "known", failure };
    }
    if (!plan) return { entry, sent: 0, state: "unchanged" };
    const sent = await this.#bring(plan, entry, history);
    return { ...(await this.#seen(entry)), sent, state: "deployed" };
  }

  /** A plan of this action that an earlier run has begun here, and not the one that is offered. */
  async #unfinishedOn(offered: Plan): Promise<{ plan: Plan; entry: Entry } | undefined> {
    const found = await unfinished(this.#asked(offered));
    if (!found?.file) return undefined;
    return { plan: found.plan, entry: readEntry(Buffer.from(found.file).toString()) };
  }

  /** Sends what is left of a plan. Resolves to how many transactions this run sent. */
  async #bring(plan: Plan, entry: Entry, history: History): Promise<number> {
    const { sent } = await bring(this.#asked(plan), {
      files: [Buffer.from(entryText(entry))],
      onComplete: () => history.append(planDigest(plan), entry.addresses),
    });
    return sent;
  }

  /** Looks at the chain once more: what is there is what was planned. Throws `not-as-planned`. */
  async #seen(entry: Entry): Promise<{ entry: Entry }> {
    const { desired, observed } = await this.#observe(entry);
    const left = planChain(desired, observed, this.#opened.signer.address);
    // What a timelock has come to let through since is the next plan's.
    const { timelockController } = observed.addresses;
    if (left.steps.some(({ to }) => to !== timelockController)) throw notAsPlanned(left);
    return { entry: { ...entry, since: observed.core?.since ?? null } };
  }

  /** Where agents begin on a chain that an earlier run has deployed: without it they lack it. */
  async #since(entry: Entry): Promise<number | null> {
    try {
      return (await this.#observe(entry)).observed.core?.since ?? null;
    } catch (error) {
      goOn(this.#context);
      this.#context.warn(`Agents will not know ${entry.name} by this run: ${reason(error)}`);
      return null;
    }
  }

  async #observe(entry: Entry) {
    const { name, config, domains, addresses } = entry;
    const signer = this.#opened.signer.address;
    const desired = desiredOn(name, readCoreConfig(config, `the plan of ${name}`), domains);
    const asked = { desired, signer, known: addresses };
    const wire = this.#wire(entry);
    const looking = () => within(name, wire, () => observe(wire, asked));
    return { desired, observed: await insisting(looking, this.#context.clock) };
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

  #asked(plan: Plan): Asked {
    const planned = plan.chains[0] as PlannedChain;
    const { rpcUrls, budget, fees, quorum, window } = this.#inputs;
    const writer = this.#writer;
    const context = this.#context;
    const asked = { plan, planned, rpcUrls, budget, fees, quorum, window, writer, context };
    return { ...asked, ...this.#opened };
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
      "Take the registry of this run's result over, by merging its pull request " +
      "where there is one, and plan again; or name the chain in `redeploy` to leave " +
      "the earlier deployment where it is.",
  });
}

function notAsPlanned({ chain, steps }: ChainPlan): ActionError {
  return new ActionError("not-as-planned", {
    what: `${chain} is not as planned, though all of the plan took effect.`,
    why: `There is left: ${steps.map(({ label }) => label).join(", ")}.`,
    next: "See who else changes it. Plan again: what is left is in the new plan.",
  });
}
