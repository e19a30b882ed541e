import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeRelease } from "../../../../../scripts/release.ts";
import { whole } from "../../../../../test/proof.ts";
import { openProduct } from "../../plan/product.ts";
import { openOffice } from "../office.ts";
import { Arena, type Keeping } from "./arena.ts";
import { type Death, type Effect, gapsIn, pointsOf } from "./effect.ts";

export type SweepOptions = {
  chains: { id: number; name: string; fees?: "legacy" }[];
  /** Where the state is kept. */
  keeping: Keeping;
};

/** How many releases are killed at the same time, each on chains of its own. */
const AT_ONCE = 2;

/** A point at which something went wrong, and all that did. */
type Fault = { at: Death; why: string[] };

export type Swept = {
  /** Points at which a run was killed: it may not come by a look at a chain this time. */
  tried: number;
  /** Those of them at which all was well. */
  passed: number;
  faults: Fault[];
};

type Undisturbed = { effects: Effect[]; gaps: string[]; faults: string[]; like: Like };
type Ready = { arena: Arena; undisturbed: Undisturbed };
type Like = { accounts: string; addresses: string };

/** Releases that are killed at points of an undisturbed one, and run once more. */
export class Sweep implements AsyncDisposable {
  readonly #world: AsyncDisposable;
  readonly #arenas: Ready[];

  private constructor(world: AsyncDisposable, arenas: Ready[]) {
    this.#world = world;
    this.#arenas = arenas;
  }

  static async open({ chains, keeping }: SweepOptions): Promise<Sweep> {
    await using opening = new AsyncDisposableStack();
    const all = Array.from({ length: AT_ONCE }, () => chains).flat();
    const office = await openOffice(all, { evaluate: false });
    opening.use(office.world);
    const product = opening.use(await openProduct("vaults"));
    const program = await releasedProgram(office.world.dir);

    const arenas = [];
    for (let from = 0; from < all.length; from += chains.length) {
      const own = office.chains.slice(from, from + chains.length);
      const arena = await Arena.open({ office, product, chains: own, keeping, program });
      arenas.push({ arena, undisturbed: await undisturbed(arena) });
    }
    return new Sweep(opening.move(), arenas);
  }

  get arena(): Arena {
    return this.#first.arena;
  }

  /** What a run did that nobody killed, and what was wrong with it or its record. */
  get undisturbed(): Undisturbed {
    return this.#first.undisturbed;
  }

  get points(): Death[] {
    return pointsOf(this.undisturbed.effects);
  }

  async at(deaths: Death[]): Promise<Swept> {
    const swept: Swept = { tried: 0, passed: 0, faults: [] };
    const queue = [...deaths];
    const workers = this.#arenas.map(async ({ arena, undisturbed }) => {
      for (let at = queue.shift(); at; at = queue.shift()) {
        const { wasKilled, why } = await killedAt(arena, at, undisturbed.like);
        if (wasKilled) swept.tried += 1;
        if (wasKilled && why.length === 0) swept.passed += 1;
        if (why.length === 0) continue;
        // A sweep that runs whole takes minutes: what it finds is told at once.
        console.log(why.join("\n"));
        swept.faults.push({ at, why });
      }
    });
    await Promise.all(workers);
    return swept;
  }

  /** What an undisturbed run does without a boundary when a module of the test's own is in it. */
  async gapsWith(module: URL): Promise<string[]> {
    const { arena } = this.#first;
    const round = await arena.reset();
    await arena.run(round, undefined, [fileURLToPath(module)]);
    return gapsIn(await arena.effects(round), await arena.seen(round));
  }

  get #first() {
    const [first] = this.#arenas;
    if (!first) throw new Error("There is no arena.");
    return first;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#world[Symbol.asyncDispose]() as Promise<void>;
  }
}

/**
 * The action out of a release, for sweeps that run whole: it starts in half the time, which counts
 * when there are a thousand starts.
 */
async function releasedProgram(folder: string): Promise<string | undefined> {
  if (!whole) return undefined;
  const into = join(folder, "release");
  await makeRelease({ version: "v1.0.0", into });
  return join(into, "actions", "foundry-broadcast-with-kms", "main.mjs");
}

async function undisturbed(arena: Arena): Promise<Undisturbed> {
  const round = await arena.reset();
  const { code, output } = await arena.run(round);
  if (code !== 0) throw new Error(`The undisturbed run ended with ${code}: ${output}`);
  const effects = await arena.effects(round);
  const gaps = gapsIn(effects, await arena.seen(round));
  const faults = await arena.faults(round);
  const accounts = JSON.stringify(await arena.accounts());
  const addresses = JSON.stringify(await arena.again(round));
  return { effects, gaps, faults, like: { accounts, addresses } };
}

async function killedAt(arena: Arena, death: Death, like: Like) {
  const { round, signal, code } = await killed(arena, death);
  const faults: string[] = [];
  if (signal !== "SIGKILL" && code !== 0) faults.push(`it ended by itself with ${code}`);
  try {
    const addresses = JSON.stringify(await arena.again(round));
    if (addresses !== like.addresses) faults.push(`its addresses are ${addresses}`);
    faults.push(...(await arena.faults(round)));
    const accounts = JSON.stringify(await arena.accounts());
    if (accounts !== like.accounts) faults.push(`the state is ${accounts}, not ${like.accounts}`);
  } catch (error) {
    faults.push(`the next run failed: ${error}`);
  }
  const when = death.when === "within" ? `after ${death.calls} calls of` : death.when;
  const where = `killed ${when} ${death.name} (${death.nth})`;
  return { wasKilled: signal === "SIGKILL", why: faults.map((fault) => `${where}: ${fault}`) };
}

/** A second try when the run has not come by. */
async function killed(arena: Arena, death: Death) {
  for (let attempt = 1; ; attempt += 1) {
    const round = await arena.reset();
    const { signal, code } = await arena.run(round, death);
    if (signal === "SIGKILL" || attempt === 2) return { round, signal, code };
  }
}
