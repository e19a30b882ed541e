import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { contextForTests } from "@playbook/action/testing";
import type { Chain } from "@playbook/world";
import { type Account, accountsOn, stepFaults } from "../../../../../packages/evm/test/auditor.ts";
import { makePlan } from "../../../src/plan/planner.ts";
import type { Product } from "../../plan/product.ts";
import { launch } from "../job.ts";
import type { Office, Planned } from "../office.ts";
import { type Death, type Effect, type Seen, WATCH, type Watch } from "./effect.ts";
import { objectsBelow, recordFaults } from "./records.ts";

const recorder = fileURLToPath(new URL("./recorder.ts", import.meta.url));

/** A library, creates, CREATE2, calls, values, a role, ownership: nine steps, two that count. */
const SCRIPT = 'script/Core.s.sol --sig "run(uint256)" 100';

/** Small, so that a chain's steps are several batches. */
const WINDOW = 4;

/** Where one release takes place: a state that nobody has used, and a disk. */
export type Round = { state: string; folder: string; project: string; log: string };

export type Keeping = "bucket" | "folder";

export type ArenaOptions = {
  office: Office;
  product: Product;
  chains: Chain[];
  keeping: Keeping;
  /** What is run: the action's source when absent. */
  program?: string | undefined;
};

/** Chains of its own, a plan for them, and the way back to where they were when it was made. */
export class Arena {
  readonly #office: Office;
  readonly #chains: Chain[];
  readonly #keeping: Keeping;
  readonly #program: string | undefined;
  readonly #home: string;
  readonly #planned: Planned;
  readonly #snapshots = new Map<Chain, string>();
  #rounds = 0;
  #tokens = 0;

  private constructor(options: ArenaOptions, home: string, planned: Planned) {
    this.#office = options.office;
    this.#chains = options.chains;
    this.#keeping = options.keeping;
    this.#program = options.program;
    this.#home = home;
    this.#planned = planned;
  }

  static async open(options: ArenaOptions): Promise<Arena> {
    const { office, product, chains } = options;
    const home = await mkdtemp(join(office.world.dir, "arena-"));
    const planned = await planOf(office, product, chains, join(home, "plan"));
    const arena = new Arena(options, home, planned);
    for (const chain of chains) await arena.#keep(chain);
    return arena;
  }

  get steps(): number {
    return this.#planned.made.steps.length;
  }

  /** Everything is as when the plan was made, and nothing of the release is stored. */
  async reset(): Promise<Round> {
    const { State, aws, issuer } = this.#office;
    for (const chain of this.#chains) {
      await chain.send("anvil_dropAllTransactions");
      await chain.send("evm_revert", [this.#snapshots.get(chain)]);
      await this.#keep(chain);
      chain.chaos.forget();
    }
    aws.clearCalls();
    this.#tokens = issuer.issued().length;

    this.#rounds += 1;
    const folder = join(this.#home, `round-${this.#rounds}`);
    const project = join(folder, "project");
    await mkdir(project, { recursive: true });
    await writeFile(join(project, "foundry.toml"), "");
    const prefix = `${State}/${this.#home.slice(-6)}-${this.#rounds}`;
    const state = this.#keeping === "bucket" ? prefix : join(folder, "state");
    return { state, folder, project, log: join(this.#home, `effects-${this.#rounds}`) };
  }

  /** Runs the release in a process of its own, to its end or its death. */
  async run({ state, folder, project, log }: Round, death?: Death, preload: string[] = []) {
    const { aws, issuer, given } = this.#office;
    const hosts = Object.fromEntries([
      [new URL(aws.url).host, "aws"],
      [new URL(issuer.url).host, "issuer"],
      ...this.#chains.map(({ url, name }) => [new URL(url).host, name]),
    ]);
    // An object's path has the bucket in it, a list's prefix has not.
    const path = state.replace("s3://", "");
    const own = [path, path.slice(path.indexOf("/") + 1), folder];
    const watch: Watch = { log, hosts, own, death };
    const imports = [recorder, ...preload].map((path) => `--import=${path}`).join(" ");
    const env = { [WATCH]: JSON.stringify(watch), NODE_OPTIONS: imports };
    const inputs = given(this.#planned, { state, project, window: `${WINDOW}` });
    const place = { cwd: folder, script: this.#program };
    return (await launch(this.#office, inputs, env, place)).ended;
  }

  /** One more run of the same release: the addresses that it tells. */
  async again({ state, project }: Round): Promise<unknown> {
    const { outputs } = await this.#office.release(this.#planned, {
      state,
      project,
      window: WINDOW,
    });
    return outputs.addresses;
  }

  async effects({ log }: Round): Promise<Effect[]> {
    const lines = (await readFile(log, "utf8")).trim().split("\n");
    return lines.map((line) => JSON.parse(line) as Effect);
  }

  /** What the world saw of the round, by its own means. */
  async seen({ folder, project }: Round): Promise<Seen> {
    const { aws, issuer } = this.#office;
    const calls = this.#chains.map(({ name, chaos }) => [name, chaos.count()] as const);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => path !== join(project, "foundry.toml"));
    return {
      calls: {
        aws: new Set(aws.calls().map(({ request }) => request)).size,
        issuer: issuer.issued().length - this.#tokens,
        ...Object.fromEntries(calls),
      },
      files,
    };
  }

  /** What the plan's addresses have on the chains now, in the order of the plan. */
  async accounts(): Promise<Account[]> {
    const { steps, sender } = this.#planned.made;
    const found = this.#chains.map((chain) => {
      const own = steps.filter((step) => step.chain === chain.name);
      const made = own.flatMap(({ creates, to }) => [
        ...creates.map(({ address }) => address),
        ...(to ? [to] : []),
      ]);
      return accountsOn(chain, [...new Set(made)], sender);
    });
    return (await Promise.all(found)).flat();
  }

  /** What is wrong with a release that is said to be complete: on the chains, and in its state. */
  async faults({ state }: Round): Promise<string[]> {
    const { made, from } = this.#planned;
    const objects = await objectsBelow(this.#office.aws, state);
    const found = this.#chains.map(async (chain, index) => {
      const own = made.steps.filter((step) => step.chain === chain.name);
      const faults = await stepFaults(chain, made.sender, own, (from[index] ?? 0) + 1);
      return faults.map((fault) => `${chain.name}: ${fault}`);
    });
    return [...(await Promise.all(found)).flat(), ...recordFaults(objects, this.#chains)];
  }

  async #keep(chain: Chain): Promise<void> {
    this.#snapshots.set(chain, await chain.send<string>("evm_snapshot"));
  }
}

async function planOf(
  office: Office,
  product: Product,
  chains: Chain[],
  folder: string,
): Promise<Planned> {
  const lines = chains.map(({ name }) => `${SCRIPT} --rpc-url ${name}`);
  const inputs = await product.inputs(chains, ...lines);
  const deployment = { repository: "acme/counter", environment: "production", release: "v1" };
  const asked = { ...inputs, deployment, sender: office.signer, plan: folder };
  const { plan, digest } = await makePlan(asked, contextForTests(), product.env);
  const from = await Promise.all(chains.map((chain) => chain.height()));
  return { made: plan, folder, digest, from };
}
