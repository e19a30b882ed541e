import type { Context } from "@playbook/action";
import type { Endpoint } from "../endpoint.ts";
import type { LedgerState } from "../ledger/state.ts";
import type { PlannedChain } from "../plan.ts";
import { RpcError, unlessRefused } from "../rpc-error.ts";
import { checkIdentity } from "./identity.ts";
import { handedTo, type Memory } from "./memory.ts";
import { type Finality, observe } from "./observe.ts";
import type { Observation } from "./progress.ts";

type Sights = {
  chain: PlannedChain;
  endpoint: Endpoint;
  finality: Finality;
  /** Longest pause between two looks, in milliseconds. */
  pause: number;
  context: Context;
};

const SHORTEST_PAUSE_MS = 10;

/** Looks in a row that a node may refuse: one of several behind an address may lag or restart. */
const LOOKS_REFUSED = 30;

/** Of so many looks without a new block one asks for all, the others only for the head. */
const LOOKS_AT_THE_HEAD = 4;

/** Looks at one chain for a run, and waits between two looks. */
export class Lookout {
  readonly #sights: Sights;
  readonly #memory: Memory;
  readonly #say: (line: string) => void;
  #look = 0;
  #head = 0;
  #quiet = 0;

  constructor(sights: Sights, memory: Memory, say: (line: string) => void) {
    this.#sights = sights;
    this.#memory = memory;
    this.#say = say;
  }

  /** What the chain shows; with `before`, no more than whether there is a new block, as a rule. */
  async observe(ledger: LedgerState, before?: Observation): Promise<Observation> {
    return (before && (await this.#glance(before))) ?? (await this.look(ledger));
  }

  /** Looks until a node answers: one of several behind an address may lag behind the others. */
  async look(ledger: LedgerState): Promise<Observation> {
    const { endpoint, finality } = this.#sights;
    for (let refusals = 0; ; refusals += 1) {
      this.#look += 1;
      try {
        const { rehearsed, final } = this.#memory;
        const handed = handedTo(this.#memory, ledger);
        const asking = { look: this.#look, known: final, handed, isExact: !rehearsed };
        const seen = await observe(endpoint, ledger, finality, asking);
        await this.#compare(seen);
        return seen;
      } catch (error) {
        if (!(error instanceof RpcError) || refusals >= LOOKS_REFUSED) throw error;
        await this.wait(`${endpoint.host}, which says: ${error.message}`);
      }
    }
  }

  /** Pauses, longer each time, until `stir` is called. */
  async wait(reason: string): Promise<void> {
    const { context, pause } = this.#sights;
    const ms = Math.min(pause, SHORTEST_PAUSE_MS * 2 ** this.#quiet);
    if (this.#quiet >= 5) this.#say(`waiting: ${reason}`);
    this.#quiet += 1;
    await context.clock.sleep(ms, context.signal);
  }

  /** Something was done that the chain is going to show. */
  stir(): void {
    this.#quiet = 0;
  }

  /** What was seen before, if no block came since; undefined when all has to be asked for again. */
  async #glance(before: Observation): Promise<Observation | undefined> {
    if (this.#quiet % LOOKS_AT_THE_HEAD === 0) return undefined;
    const head = await this.#sights.endpoint.head().catch(unlessRefused);
    if (head?.number !== before.head.number) return undefined;
    this.#look += 1;
    return { ...before, look: this.#look };
  }

  /** A chain that is shorter than before has lost blocks, or is another chain. */
  async #compare({ head }: Observation): Promise<void> {
    const { chain, endpoint } = this.#sights;
    if (head.number < this.#head) await checkIdentity(chain, endpoint);
    this.#head = head.number;
  }
}
