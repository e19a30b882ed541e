import { ActionError, later } from "@playbook/action";
import { contextForTests, type TestContext } from "@playbook/action/testing";
import { type Bucket, conflicting } from "@playbook/site/bucket";
import type { KeyValueStore } from "@playbook/site/key-value-store";
import { readLive } from "@playbook/site/live";
import { type Manifest, manifestDigest } from "@playbook/site/manifest";
import { type Digest, digestOf, type Store } from "@playbook/state";
import type { Cloud } from "../src/cloud.ts";
import { collect } from "../src/collect.ts";
import { stepFor, targetOf } from "../src/decide.ts";
import { deploy, tell } from "../src/deploy.ts";
import { History } from "../src/history.ts";
import { standingOf } from "../src/standing.ts";
import { goBack } from "../src/switch.ts";

/** Numbers between 0 and 1 that are the same for the same seed. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A little more than what decides on what is kept. */
export const DAY = 25 * 3_600_000;

type Stepping = (kind: Step) => Promise<void>;

type Work = (cloud: Cloud, context: TestContext) => Promise<void>;

/** What a run asks of the world. */
type Step =
  | "list"
  | "read the log"
  | "read a list of files"
  | "write to the log"
  | "keep a list of files"
  | "upload"
  | "delete"
  | "look"
  | "switch"
  | "sleep";

/** A run stands still before its nth step of this kind, until it is let go. */
export type Hold = { before: Step; nth?: number; until: Promise<void> };

/**
 * How many turns a run waits before it begins, and before each of its steps; how many steps it has
 * before it is killed; and where it is held.
 */
export type Life = { idle?: number; pause?: number; steps?: number; hold?: Hold | undefined };

/** What happens outside of the runs: everything that they share, and nothing that they know. */
export class Simulation {
  readonly objects = new Map<string, Digest>();
  readonly manifests = new Map<string, Manifest>();
  readonly faults: string[] = [];
  #state = new Map<string, Uint8Array>();
  #live: string | undefined;
  #version = 0;
  #now = 1_000_000_000_000;
  #waiting: (() => void)[] = [];
  #deleting = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  get live(): string | undefined {
    return this.#live === undefined ? undefined : readLive(this.#live).release;
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  /**
   * Lets the runs go on, one step of one of them at a time, until none can. `asleep` is how likely
   * it is after each that all machines stand still for a day; not while something is being deleted,
   * as a request that was sent takes effect, or never will. Of runs that would go on, `most` steps
   * are made.
   */
  async settle(asleep = 0, most = Number.POSITIVE_INFINITY): Promise<void> {
    for (let made = 0; made < most; made += 1) {
      // What can go on without the world has done so.
      await new Promise((resolve) => setImmediate(resolve));
      const at = Math.floor(this.#random() * this.#waiting.length);
      const [next] = this.#waiting.splice(at, 1);
      if (!next) return;
      this.#now += 1_000;
      if (this.#deleting === 0 && this.#random() < asleep) this.#now += DAY;
      next();
      await new Promise((resolve) => setImmediate(resolve));
      this.#look();
    }
  }

  /** What somebody sees at any moment: one release, and all of its files. */
  #look(): void {
    const manifest = this.manifests.get(this.live ?? "");
    const lost = manifest?.files.find(({ key, digest }) => this.objects.get(key) !== digest);
    if (lost) this.faults.push(`${manifest?.release} is live without ${lost.key}`);
  }

  /** A run with a life of its own: it begins after some steps, and after some it is gone. */
  async run(
    work: Work,
    { idle = 0, pause = 0, steps = Number.POSITIVE_INFINITY, hold }: Life = {},
  ): Promise<void> {
    let left = steps;
    let before = hold?.nth ?? 1;
    const killed = Promise.withResolvers<void>();
    const turn = () => new Promise<void>((resolve) => this.#waiting.push(resolve));
    const step = async (kind: Step) => {
      if (kind === hold?.before) before -= 1;
      if (kind === hold?.before && before === 0) await hold.until;
      for (let waited = 0; waited < pause; waited += 1) await turn();
      left -= 1;
      if (left >= 0) return turn();
      // Whoever is killed never hears anything again.
      killed.resolve();
      return new Promise<void>(() => {});
    };
    const clock = {
      now: () => this.#now,
      sleep: async (ms: number) => {
        await step("sleep");
        this.#now += ms;
      },
    };
    const context = contextForTests({ clock });
    for (let waited = 0; waited < idle; waited += 1) await turn();
    const ended = this.#open(step, clock).then((cloud) => work(cloud, context));
    await Promise.race([ended, killed.promise]);
  }

  async #open(step: Stepping, clock: TestContext["clock"]) {
    const store = this.#values(step);
    const seen = later(store.read());
    const history = await History.open({ store: this.#store(step), run: "a run", clock });
    const cloud = { history, bucket: this.#bucket(step), store, seen };
    const checked = Promise.resolve();
    return { ...cloud, checked, session: {} as Cloud["session"], distribution: undefined };
  }

  #store(step: Stepping): Store {
    return {
      location: "memory",
      create: async (key, bytes) => {
        await step(key.startsWith("log/") ? "write to the log" : "keep a list of files");
        if (this.#state.has(key)) return "taken";
        this.#state.set(key, bytes);
        return "created";
      },
      read: async (key) => {
        await step(key.startsWith("log/") ? "read the log" : "read a list of files");
        return this.#state.get(key);
      },
      list: async (prefix, after = "") => {
        await step("list");
        const keys = [...this.#state.keys()].filter((key) => key.startsWith(prefix));
        return keys.filter((key) => key > after).sort();
      },
    };
  }

  #bucket(step: Stepping): Bucket {
    return {
      create: async ({ key, path, digest }) => {
        await step("upload");
        if (!this.objects.has(key)) this.objects.set(key, digest);
        else if (this.objects.get(key) !== digest) throw conflicting(path);
      },
      replace: async ({ key, digest }) => {
        await step("upload");
        this.objects.set(key, digest);
      },
      remove: async (keys) => {
        this.#deleting += 1;
        for (const key of keys) {
          await step("delete");
          this.objects.delete(key);
        }
        this.#deleting -= 1;
      },
    };
  }

  #values(step: Stepping): KeyValueStore {
    return {
      read: async () => {
        await step("look");
        const etag = String(this.#version);
        await step("look");
        return { etag, text: this.#live };
      },
      write: async (text, etag) => {
        await step("switch");
        if (etag !== String(this.#version)) return undefined;
        this.#live = text;
        this.#version += 1;
        return String(this.#version);
      },
    };
  }
}

/** A release of some shared files, and a page of its own. */
export function manifestWith(release: string, shared: string[]): Manifest {
  const file = (path: string, key: string) => ({
    ...{ path, key, digest: digestOf(key), size: 1, cache: "no-cache" },
    type: "text/plain",
  });
  const files = shared.map((name) => file(name, name));
  return {
    ...{ version: 1, release, commit: null, config: null },
    routes: { shared: ["/assets/"], own: [], routing: "single-page" },
    files: [...files, file("index.html", `releases/${release}/index.html`)],
  };
}

/** A release as the action makes it, without looking at the page. */
export function releasing(
  simulation: Simulation,
  manifest: Manifest,
  { order, keep }: { order: number; keep: number },
): Work {
  simulation.manifests.set(manifest.release, manifest);
  return async (cloud, context) => {
    const standing = await standingOf(cloud);
    const { release } = manifest;
    const wanted = { release, manifest: manifestDigest(manifest), order, allowOlder: false };
    const made = { manifest, contentOf: async () => new Uint8Array() };
    if (stepFor(cloud.history.site, standing.live, wanted) === "make") {
      const task = { cloud, standing, made, wanted: { ...wanted, commit: null } };
      await deploy(task, true, context);
      await tell(task);
    }
    await collect(cloud, keep, context);
  };
}

/** A way back as the action goes it, without looking at the page. */
export function goingBack(to = "previous"): Work {
  return async (cloud, context) => {
    const { store, history } = cloud;
    const standing = await standingOf(cloud);
    const target = targetOf(history.site, standing.live, { to, by: null });
    if (!store || standing.live === undefined || standing.live === target.id) return;
    const turn = { from: standing.live, to: target.id, why: "", failed: false, by: null };
    await goBack(store, cloud, { turn, standing }, context);
  };
}

/** Ends of runs that are no fault: another was faster, or there is nothing to go back to. */
const SAID = ["release-overtaken", "release-older", "release-replaced", "no-release-before"];

/** What went wrong in a run, as the simulation's faults. */
export async function honest(simulation: Simulation, run: Promise<void>): Promise<void> {
  await run.catch((error) => {
    if (error instanceof ActionError && SAID.includes(error.code)) return;
    simulation.faults.push(String(error?.stack ?? error));
  });
}
