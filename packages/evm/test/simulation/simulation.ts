import { ActionError } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import {
  type Address,
  type Broadcast,
  closePlan,
  Endpoint,
  giveUp,
  type Hex,
  Ledger,
  openAndBroadcast,
  type PlannedChain,
  prepare,
  readChains,
  type Step,
} from "../../src/index.ts";
import { type Judge, judgeOf } from "./judge.ts";
import { ModelChain, type ModelOptions } from "./model-chain.ts";
import { StoreDown, signerOf, storeOf, wireTo } from "./parts.ts";
import { type Fate, settled, Turns } from "./turns.ts";

/** A step as chance makes it; `after` picks one of the earlier steps. */
export type Shape = { reverts: boolean; waits: boolean; after: number };

export type Setup = ModelOptions & { shapes: Shape[]; window: number };

/** What a process has come for: to bring the plan to its end, or to give it up. */
export type Role = "release" | "abandon";

/** One thing that happens. */
export type Command =
  | { do: "go"; pick: number; fate: Fate }
  | { do: "mine" }
  | { do: "start"; as?: Role }
  | { do: "kill"; pick: number }
  | { do: "drop"; pick: number }
  | { do: "reorganise"; depth: number; lose: boolean }
  | { do: "fee"; percent: number }
  | { do: "foreign" };

/** How a writer ended: with an outcome, or with an error's code. */
export type Ending = ({ outcome: string } | { code: string }) & { role: Role };

const MOST_WRITERS = 3;
const BLOCK_EVERY = 5;
const PLAN = "sha256:plan";
const BLOCK = "block";
const NOTHING_BEGUN = "nothing begun";

const [metadata] = readChains(
  JSON.stringify({ name: "model", chainId: 1, rpcUrls: [{ http: "http://model" }] }),
  "the model",
);

/**
 * Real writers against a model of a chain and a store, every effect let go one by one as the
 * commands say: a schedule is a list of commands, and the same list is the same run.
 */
export class Simulation {
  readonly chain: ModelChain;
  readonly judge: Judge;
  readonly endings: Ending[] = [];
  readonly #setup: Setup;
  readonly #steps: Step[];
  readonly #objects = new Map<string, Uint8Array>();
  readonly #turns = new Turns();
  readonly #alive = new Set<string>();
  readonly #looked = new Map<string, number>();
  #writers = 0;
  #begun = false;
  #happened = 0;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.chain = new ModelChain(setup);
    this.#steps = setup.shapes.map(stepOf);
    this.judge = judgeOf(this.#steps, this.chain, this.#objects);
  }

  async run(commands: Command[]): Promise<void> {
    for (const command of commands) {
      await this.#obey(command);
      this.judge.look();
    }
  }

  /** Starts a writer, up to its first visible effect. */
  async enter(role: Role): Promise<void> {
    await this.#start(role);
    await this.#turns.advance(`writer-${this.#writers}`);
  }

  /**
   * Who can go on, by name, and a block where it would bring anything; none when all have ended. A
   * writer that pauses looks again when something has happened, or when nothing else can.
   */
  get events(): string[] {
    const alive = [...this.#alive];
    const writers = alive.filter(
      (name) => !this.#turns.isPausing(name) || this.#looked.get(name) !== this.#happened,
    );
    const events = this.chain.isAtRest ? writers : [...writers, BLOCK];
    return events.length > 0 && alive.length > 0 ? events : alive;
  }

  /** Lets a writer go on to its next visible effect or its next pause, or a block be mined. */
  async happen(event: string): Promise<void> {
    if (event === BLOCK) this.chain.mine();
    if (event === BLOCK || !this.#turns.isPausing(event)) this.#happened += 1;
    if (event !== BLOCK) await this.#turns.advance(event);
    this.#looked.set(event, this.#happened);
    this.judge.look();
  }

  /**
   * No more faults: writer after writer until one of the role comes to an end. Turns that it took.
   */
  async calmDown(mostTurns: number, role: Role = "release"): Promise<number> {
    const cameTooEarly = (ending: Ending) =>
      this.#begun && "outcome" in ending && ending.outcome === NOTHING_BEGUN;
    const isEnd = (ending: Ending) =>
      ending.role === role && !isPassing(ending) && !cameTooEarly(ending);
    const before = this.endings.length;
    for (let turn = 0; turn < mostTurns; turn += 1) {
      if (this.#alive.size === 0) {
        if (this.endings.slice(before).some(isEnd)) return turn;
        await this.#start(role);
      }
      if (turn % BLOCK_EVERY === 0) this.chain.mine();
      await this.#turns.give(0, { kind: "do" });
      this.judge.look();
    }
    throw new Error(`no end in ${mostTurns} turns`);
  }

  async #obey(command: Command): Promise<void> {
    switch (command.do) {
      case "go":
        return this.#turns.give(command.pick, command.fate);
      case "start":
        return this.#alive.size < MOST_WRITERS ? this.#start(command.as) : undefined;
      case "kill":
        return this.#kill(command.pick);
      case "mine":
        return this.chain.mine();
      case "drop":
        return this.chain.drop(command.pick);
      case "reorganise":
        return this.chain.reorganise(command.depth, command.lose);
      case "fee":
        this.chain.baseFee = (this.chain.baseFee * BigInt(command.percent)) / 100n + 1n;
        return;
      case "foreign":
        return this.chain.useElsewhere();
    }
  }

  #kill(pick: number): void {
    const names = [...this.#alive];
    const name = names[pick % Math.max(1, names.length)];
    if (!name) return;
    this.#turns.kill(name);
    this.#alive.delete(name);
  }

  async #start(role: Role = "release"): Promise<void> {
    this.#writers += 1;
    const name = `writer-${this.#writers}`;
    this.#alive.add(name);
    const work = role === "abandon" ? this.#abandon(name) : this.#write(name);
    work.then(
      (outcome) => this.#end(name, { outcome, role }),
      (error: unknown) => this.#end(name, { code: codeOf(error), role }),
    );
    await settled();
  }

  #end(name: string, ending: Ending): void {
    this.#alive.delete(name);
    this.endings.push(ending);
  }

  /** What a process does with a plan, from checks to the closed ledger. */
  async #write(name: string): Promise<string> {
    const inputs = this.#inputsOf(name);
    const { chain: planned, context } = inputs;
    const store = storeOf(this.#objects, this.#turns, name);
    const checks = { ...inputs, chain: planned.metadata, planned, signer: inputs.signer.address };
    await prepare({ ...checks, store, budget: null, clock: context.clock });
    this.#begun = true;
    const { outcome } = await openAndBroadcast(inputs);
    await closePlan(inputs, outcome);
    return outcome;
  }

  /** What a process does that gives the plan up, which must have been begun. */
  async #abandon(name: string): Promise<string> {
    if (!this.#begun) return NOTHING_BEGUN;
    const inputs = this.#inputsOf(name);
    const { outcome } = await giveUp(inputs);
    await closePlan(inputs, outcome);
    return outcome;
  }

  #inputsOf(name: string): Broadcast {
    const { chain, window, finality } = { chain: this.chain, ...this.#setup };
    const store = storeOf(this.#objects, this.#turns, name);
    const clock = { now: () => 0, sleep: async () => void (await this.#turns.take(name, "pause")) };
    const signer = signerOf(this.#turns, name);
    const key = { genesis: chain.genesis, chainId: 1, signer: signer.address };
    return {
      endpoint: new Endpoint(wireTo(chain, this.#turns, name)),
      ledger: new Ledger(store, key, name, clock),
      steps: this.#steps,
      plan: PLAN,
      chain: plannedOn(chain),
      deployment: "model",
      signer,
      finality,
      policy: { window, patience: 3, budget: null },
      pause: 1,
      context: contextForTests({ clock }),
    };
  }
}

/** An error that another run may well not meet. */
export function isPassing(ending: Ending): boolean {
  const passing = ["store-down", "state-unreachable", "rpc-refused", "node-behind"];
  return "code" in ending && passing.includes(ending.code);
}

function codeOf(error: unknown): string {
  if (error instanceof ActionError) return error.code;
  if (error instanceof StoreDown) return "store-down";
  throw error;
}

function plannedOn(chain: ModelChain): PlannedChain {
  return {
    name: "model",
    chainId: 1,
    genesis: chain.genesis,
    firstNonce: 0,
    block: 0,
    fees: "eip1559",
    gasPrice: 1n,
    metadata: metadata as PlannedChain["metadata"],
  };
}

function stepOf({ reverts, waits, after }: Shape, index: number): Step {
  const before = index === 0 ? [] : [`model/${after % index}`];
  return {
    id: `model/${index}`,
    chain: "model",
    script: 0,
    nonce: index,
    kind: "call",
    to: `0x${"22".repeat(20)}` as Address,
    value: 0n,
    data: `${reverts ? "0xdead" : "0xc0de"}${index.toString(16).padStart(4, "0")}` as Hex,
    gas: 100_000,
    label: `step ${index}`,
    creates: [],
    after: before,
    waits: waits ? "role" : null,
  };
}
