import { ActionError, type Context } from "@playbook/action";
import {
  type Asked,
  bring,
  connectionTo,
  type Opened,
  plannedOn,
  unfinished,
} from "@playbook/broadcast";
import {
  connect,
  Endpoint,
  type Hex,
  type Plan,
  type PlannedChain,
  planDigest,
  RpcError,
  readChains,
  type Step,
  type StepResult,
  type Wei,
  within,
} from "@playbook/evm";
import type { KnownChain } from "@playbook/hyperlane";
import { formatUnits } from "ethers";
import type { Chains } from "../chains.ts";
import { neededBy } from "../funds.ts";
import { type Fleet, type Payment, paymentsIn, WHAT, whose } from "./begun.ts";
import { type Amounts, type Payee, type Transfer, totalOf, transfersTo } from "./transfers.ts";

/** An agent as somebody to be paid; `place` is where a validator is to announce that it signs. */
export type Agent = Pick<Payee, "name" | "kind" | "address"> & { place: string | null };

/** One payment that is in a final block. */
export type Paid = Payment & { chain: string };

/** What one chain is paid by. */
export type Account = {
  chain: KnownChain;
  agents: readonly Agent[];
  amounts: Amounts;
  /** The most that this run may spend there, gas included. */
  cap: Wei;
};

export type Tools = {
  opened: Opened;
  chains: Chains;
  fleet: Fleet;
  writer: string;
  context: Context;
};

/** Plans are kept and URLs may hold keys: every run has its own. */
const NOWHERE = [{ http: "https://rpc-urls.invalid" }];

/** Looks again, when another run of the same fleet was at work; the ledger lets only one pay. */
const TRIES = 5;
const OVERTAKEN = ["plan-stale", "plan-closed", "plan-open", "deployment-begun"];

const WINDOW = 64;
const TRANSFER_GAS = 21_000;
const MARGIN = 1.5;

/** Pays agents on one chain, through the nonce ledger of the key that does it. */
export class Payer {
  readonly #account: Account;
  readonly #tools: Tools;
  readonly #paid: Paid[] = [];
  /** With gas. */
  #spent = 0n;

  constructor(account: Account, tools: Tools) {
    this.#account = account;
    this.#tools = tools;
  }

  /** What has come about in this run, also of what an earlier one has begun. */
  get paid(): readonly Paid[] {
    return this.#paid;
  }

  /**
   * Finishes what an earlier run has begun to pay, then pays what is still due. Nobody is paid
   * twice: the balances are those of a block that has every transaction the ledger knows of, and a
   * plan is for the one nonce after them.
   */
  async pay(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once();
      } catch (error) {
        const isOvertaken = error instanceof ActionError && OVERTAKEN.includes(error.code);
        if (!isOvertaken || attempt === TRIES) throw error;
      }
    }
  }

  async #once(): Promise<void> {
    const begun = await unfinished(this.#asked(this.#planOf(await this.#look(), [])));
    if (begun) await this.#bring(begun.plan);
    const planned = await this.#look();
    const transfers = await this.#due(planned);
    if (transfers.length === 0) return;
    await this.#bring(this.#planOf(planned, await this.#steps(transfers, planned)));
  }

  async #bring(plan: Plan): Promise<void> {
    const { name } = this.#account.chain;
    const { results } = await bring(this.#asked(plan)).catch((error) => {
      const isCap = error instanceof ActionError && error.code === "budget-reached";
      throw isCap ? overCap(name, error.why) : error;
    });
    const payments = paymentsOf(plan, results);
    this.#paid.push(...payments);
    this.#spent += totalOf(payments) + results.reduce((sum, { fee }) => sum + fee, 0n);
  }

  /** The chain as it stands, and the funder's nonce in its newest block. */
  #look(): Promise<PlannedChain> {
    const { chain } = this.#account;
    const { opened, context } = this.#tools;
    const wire = this.#wire();
    const nativeToken = { name: chain.nativeToken.symbol, ...chain.nativeToken };
    const entry = JSON.stringify({ ...chain, nativeToken, rpcUrls: NOWHERE });
    const [metadata] = readChains(entry, chain.name);
    if (!metadata) throw new Error(`${chain.name} is no chain.`);
    return within(chain.name, new Endpoint(wire), async () => {
      return (await plannedOn(wire, metadata, opened.signer.address, context)).planned;
    });
  }

  /** Balances first, announcements after them: who has paid for its own needs nothing more. */
  async #due({ block, gasPrice, fees }: PlannedChain): Promise<Transfer[]> {
    const { chain, agents, amounts } = this.#account;
    const wire = this.#wire();
    const tag = `0x${block.toString(16)}`;
    const payees = await within(chain.name, new Endpoint(wire), () =>
      Promise.all(
        agents.map(async (agent): Promise<Payee> => {
          const balance = BigInt(await wire.send<Hex>("eth_getBalance", agent.address, tag));
          return { ...agent, balance, needed: neededBy({ ...agent, gasPrice, fees }) };
        }),
      ),
    );
    const validators = agents.flatMap(({ address, place }) => (place ? [{ address, place }] : []));
    const announced =
      validators.length === 0
        ? new Set()
        : await this.#tools.chains.announced(chain.name, validators);
    const needy = payees.filter(({ kind, address }) => {
      return kind === "relayer" || announced?.has(address) === false;
    });
    return transfersTo(needy, amounts);
  }

  /** None waits for another: they are signed at once, and sent in one go. */
  async #steps(transfers: Transfer[], { firstNonce }: PlannedChain): Promise<Step[]> {
    const { name } = this.#account.chain;
    const gas = await Promise.all(transfers.map((one) => this.#gas(one)));
    return transfers.map(({ name: agent, to, value }, at) => ({
      ...{ id: `${name}/${at}`, chain: name, script: 0, nonce: firstNonce + at },
      ...{ kind: "transfer", to, value, data: "0x", gas: gas[at] ?? TRANSFER_GAS },
      label: `${agent}: ${this.#coins(value)}`,
      ...{ creates: [], after: [], waits: null },
    }));
  }

  /** A rollup may charge data in gas, too; who cannot pay is told so when all of it is known. */
  async #gas({ to, value }: Transfer): Promise<number> {
    const wire = this.#wire();
    const from = this.#tools.opened.signer.address;
    const call = { from, to, value: `0x${value.toString(16)}` };
    const asked = wire.send<Hex>("eth_estimateGas", call).catch((error) => {
      if (!(error instanceof RpcError)) throw error;
      return TRANSFER_GAS;
    });
    const gas = Number(await within(this.#account.chain.name, new Endpoint(wire), () => asked));
    return gas <= TRANSFER_GAS ? TRANSFER_GAS : Math.ceil(gas * MARGIN);
  }

  #planOf(planned: PlannedChain, steps: Step[]): Plan {
    const { fleet, opened } = this.#tools;
    const release = `${WHAT} ${planned.name}`;
    const plan: Plan = {
      ...{ format: "playbook.plan", version: 1 },
      deployment: { ...whose(fleet), release },
      ...{ sender: opened.signer.address, commit: null, chains: [planned] },
      scripts: [{ line: WHAT, target: WHAT, signature: null, arguments: [] }],
      ...{ steps, files: [], records: null },
    };
    const own = planDigest(plan).slice("sha256:".length, "sha256:".length + 16);
    return { ...plan, deployment: { ...plan.deployment, release: `${release} ${own}` } };
  }

  #asked(plan: Plan): Asked {
    const { chains, opened, writer, context } = this.#tools;
    const planned = plan.chains[0] as PlannedChain;
    const { name } = planned;
    const rpcUrls = chains.urlsOf(name).map((value) => ({ name, value }));
    const left = this.#account.cap - this.#spent;
    const limits = { budget: [{ name, wei: left > 0n ? left : 0n }], window: WINDOW };
    const { quorum } = chains;
    return { ...opened, plan, planned, rpcUrls, quorum, ...limits, writer, context };
  }

  #wire() {
    const { chains, context } = this.#tools;
    const { name } = this.#account.chain;
    const { quorum } = chains;
    return connect([...chains.urlsOf(name)], connectionTo(name, { quorum, context }));
  }

  #coins(wei: Wei): string {
    const { symbol, decimals } = this.#account.chain.nativeToken;
    return `${formatUnits(wei, decimals)} ${symbol}`;
  }
}

function paymentsOf({ steps }: Plan, results: readonly StepResult[]): Paid[] {
  const done = new Set(results.filter(({ succeeded }) => succeeded).map(({ step }) => step));
  const taken = steps.filter(({ id }) => done.has(id));
  return taken.flatMap((step) => paymentsIn([step]).map((one) => ({ chain: step.chain, ...one })));
}

function overCap(chain: string, why: string): ActionError {
  return new ActionError("funding-over-cap", {
    what: `Agents on ${chain} are due more than a run may spend there.`,
    why: `${why} Nothing of it was sent.`,
    next: "Correct `funding`, or raise `funding-cap`; then run this again.",
  });
}
