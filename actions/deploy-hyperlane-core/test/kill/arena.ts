import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Chain, startProcess } from "@playbook/world";
import { id, keccak256 } from "ethers";
import { type Account, accountsOn, stepFaults } from "../../../../packages/evm/test/auditor.ts";
import {
  type Death,
  type Effect,
  WATCH,
  type Watch,
} from "../../../foundry-broadcast-with-kms/test/apply/kill/effect.ts";
import { type ChainPart, readOffer } from "../../src/document.ts";
import { configOf, openStage, type Stage } from "../stage.ts";

const program = fileURLToPath(new URL("../process.ts", import.meta.url));
const recorder = fileURLToPath(
  new URL("../../../foundry-broadcast-with-kms/test/apply/kill/recorder.ts", import.meta.url),
);

/** Small, so that a chain's transactions are several batches. */
const WINDOW = 8;

/** A state that nobody has used, and a folder for what comes about. */
type Round = { state: string; folder: string; log: string };

/** Chains, one approved plan for all of them, and the way back to where they were then. */
export class Arena implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #digest: string;
  readonly #parts: readonly ChainPart[];
  readonly #blocks: Map<Chain, number>;
  readonly #snapshots = new Map<Chain, string>();
  #rounds = 0;

  private constructor(
    stage: Stage,
    digest: string,
    parts: readonly ChainPart[],
    blocks: Map<Chain, number>,
  ) {
    this.#stage = stage;
    this.#digest = digest;
    this.#parts = parts;
    this.#blocks = blocks;
  }

  static async open(ids: readonly number[]): Promise<Arena> {
    const stage = await openStage(ids.map((id) => ({ id })));
    const names = stage.chains.map(({ name }) => name);
    const wishes = names.map((name) => {
      const others = names.filter((one) => one !== name);
      return [name, configOf(stage.sender, others)];
    });
    await stage.write(Object.fromEntries(wishes));
    const { outputs } = await stage.planned();
    const digest = String(outputs["plan-digest"]);
    const { parts } = await readOffer(join(stage.product, "plan"), digest);
    const heights = stage.chains.map(async (chain) => [chain, await chain.height()] as const);
    const arena = new Arena(stage, digest, parts, new Map(await Promise.all(heights)));
    for (const chain of stage.chains) await arena.#keep(chain);
    return arena;
  }

  get steps(): number {
    return this.#parts.reduce((sum, { plan }) => sum + (plan?.steps.length ?? 0), 0);
  }

  /** Everything is as when the plan was made, and nothing of it is stored. */
  async reset(): Promise<Round> {
    for (const chain of this.#stage.chains) {
      await chain.send("anvil_dropAllTransactions");
      await chain.send("evm_revert", [this.#snapshots.get(chain)]);
      await this.#keep(chain);
      // What is said of a round is said of its own calls; all rounds' would take hours to read.
      chain.chaos.forget();
    }
    this.#rounds += 1;
    const folder = join(this.#stage.world.dir, `round-${this.#rounds}`);
    await mkdir(folder);
    const state = `${this.#stage.state}/round-${this.#rounds}`;
    return { state, folder, log: join(this.#stage.world.dir, `effects-${this.#rounds}`) };
  }

  /** Applies the plan in a process of its own, to its end or its death. */
  async run({ state, folder, log }: Round, death?: Death) {
    const { aws, chains, world } = this.#stage;
    const hosts = Object.fromEntries([
      [new URL(aws.url).host, "aws"],
      ...chains.map(({ url, name }) => [new URL(url).host, name]),
    ]);
    // An object's path has the bucket in it, a list's prefix has not.
    const path = state.replace("s3://", "");
    const own = [path, path.slice(path.indexOf("/") + 1), folder];
    const watch: Watch = { log, hosts, own, death };
    const file = join(world.dir, "inputs.json");
    await writeFile(file, JSON.stringify(this.#inputs({ state, folder })));
    const { PATH = "", HOME = "" } = process.env;
    const running = await startProcess({
      name: "apply",
      command: process.execPath,
      args: ["--disable-warning=ExperimentalWarning", `--import=${recorder}`, program, file],
      env: {
        ...{ PATH, HOME, AWS_ENDPOINT_URL: aws.url, ...aws.environment(aws.admin) },
        [WATCH]: JSON.stringify(watch),
      },
    });
    const { code, signal } = await running.exited;
    return { code, signal, output: running.output() };
  }

  /** One more run of the same plan. */
  async again(round: Round) {
    return this.#stage.applied(this.#digest, this.#inputs(round));
  }

  async effects({ log }: Round): Promise<Effect[]> {
    const lines = (await readFile(log, "utf8")).trim().split("\n");
    return lines.map((line) => JSON.parse(line) as Effect);
  }

  /** What is wrong with a plan that is said to be complete, by the chains' own blocks. */
  async faults(): Promise<string[]> {
    const { sender } = this.#stage;
    const found = this.#all().map(async ({ chain, steps }) => {
      const from = (this.#blocks.get(chain) ?? 0) + 1;
      const faults = await stepFaults(chain, sender, steps, from);
      return faults.map((fault) => `${chain.name}: ${fault}`);
    });
    return (await Promise.all(found)).flat();
  }

  /** What the plan's addresses have on the chains now. */
  async accounts(): Promise<Account[]> {
    const found = this.#all().map(({ chain, steps }) => {
      const made = steps.flatMap(({ creates, to }) => [
        ...creates.map(({ address }) => address),
        ...(to ? [to] : []),
      ]);
      return accountsOn(chain, [...new Set(made)], this.#stage.sender);
    });
    const all = (await Promise.all(found)).flat();
    return Promise.all(all.map(async (one) => ({ ...one, codeHash: await this.#codeOf(one) })));
  }

  /**
   * A hash of an account's code without the number of the block that made it, which some contracts
   * carry there: how many transactions a node puts into one block is up to the clock.
   */
  async #codeOf({ chain: name, address }: Account): Promise<string> {
    const chain = this.#stage.chains.find((one) => one.name === name) as Chain;
    const code = await chain.send<string>("eth_getCode", [address, "latest"]);
    const call = { to: address, data: id("deployedBlock()").slice(0, 10) };
    const block = await chain.send<string>("eth_call", [call, "latest"]).catch(() => "0x");
    const push = `7f${block.slice(2)}`;
    return keccak256(block.length === 66 ? code.replaceAll(push, `7f${"00".repeat(32)}`) : code);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stage[Symbol.asyncDispose]() as Promise<void>;
  }

  #inputs({ state, folder }: Pick<Round, "state" | "folder">) {
    return this.#stage.inputs({
      ...{ mode: "apply", planDigest: this.#digest, state, window: WINDOW },
      result: join(folder, "result"),
    });
  }

  #all() {
    return this.#stage.chains.map((chain) => {
      const part = this.#parts.find(({ entry }) => entry.name === chain.name);
      return { chain, steps: part?.plan?.steps ?? [] };
    });
  }

  async #keep(chain: Chain): Promise<void> {
    this.#snapshots.set(chain, await chain.send<string>("evm_snapshot"));
  }
}
