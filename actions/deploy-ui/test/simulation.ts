import { contextForTests, type TestContext } from "@playbook/action/testing";
import { type Digest, digestOf, type Store } from "@playbook/state";
import type { Bucket } from "../src/bucket.ts";
import type { Cloud } from "../src/cloud.ts";
import { collect } from "../src/collect.ts";
import { stepFor, targetOf } from "../src/decide.ts";
import { deploy } from "../src/deploy.ts";
import { History } from "../src/history.ts";
import type { KeyValueStore } from "../src/key-value-store.ts";
import { readLive } from "../src/live.ts";
import { type Manifest, manifestDigest } from "../src/manifest.ts";
import { standingOf } from "../src/standing.ts";
import { goBack } from "../src/switch.ts";
import { conflicting } from "../src/upload.ts";

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

type Work = (cloud: Cloud, context: TestContext) => Promise<void>;

/**
 * How many turns a run waits before it begins, and before each of its steps; and how many steps it has
 * before it is killed.
 */
export type Life = { idle?: number; pause?: number; steps?: number };

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
   * Lets the runs go on, one step of one of them at a time, until none can. `asleep` is how likely it is
   * after each that all machines stand still for a day; not while something is being deleted, as a
   * request that was sent takes effect, or never will.
   */
  async settle(asleep = 0): Promise<void> {
    for (;;) {
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
    { idle = 0, pause = 0, steps = Number.POSITIVE_INFINITY }: Life = {},
  ): Promise<void> {
    let left = steps;
    const killed = Promise.withResolvers<void>();
    const turn = () => new Promise<void>((resolve) => this.#waiting.push(resolve));
    const step = async () => {
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
        await step();
        this.#now += ms;
      },
    };
    const context = contextForTests({ clock });
    for (let waited = 0; waited < idle; waited += 1) await turn();
    const ended = this.#open(step, clock).then((cloud) => work(cloud, context));
    await Promise.race([ended, killed.promise]);
  }

  async #open(step: () => Promise<void>, clock: TestContext["clock"]) {
    const history = await History.open({ store: this.#store(step), run: "a run", clock });
    const cloud = { history, bucket: this.#bucket(step), store: this.#values(step) };
    return { ...cloud, session: {} as Cloud["session"], distribution: undefined };
  }

  #store(step: () => Promise<void>): Store {
    return {
      location: "memory",
      create: async (key, bytes) => {
        await step();
        if (this.#state.has(key)) return "taken";
        this.#state.set(key, bytes);
        return "created";
      },
      read: async (key) => {
        await step();
        return this.#state.get(key);
      },
      list: async (prefix, after = "") => {
        await step();
        const keys = [...this.#state.keys()].filter((key) => key.startsWith(prefix));
        return keys.filter((key) => key > after).sort();
      },
    };
  }

  #bucket(step: () => Promise<void>): Bucket {
    return {
      create: async ({ key, path, digest }) => {
        await step();
        if (!this.objects.has(key)) this.objects.set(key, digest);
        else if (this.objects.get(key) !== digest) throw conflicting(path);
      },
      replace: async ({ key, digest }) => {
        await step();
        this.objects.set(key, digest);
      },
      remove: async (keys) => {
        this.#deleting += 1;
        for (const key of keys) {
          await step();
          this.objects.delete(key);
        }
        this.#deleting -= 1;
      },
    };
  }

  #values(step: () => Promise<void>): KeyValueStore {
    return {
      read: async () => {
        await step();
        const etag = String(this.#version);
        await step();
        return { etag, text: this.#live };
      },
      write: async (text, etag) => {
        await step();
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
      await deploy({ cloud, standing, made, wanted: { ...wanted, commit: null } }, true, context);
    }
    await collect(cloud, keep, context);
  };
}

export async function goingBack(cloud: Cloud, context: TestContext) {
  const { store, history } = cloud;
  const standing = await standingOf(cloud);
  const target = targetOf(history.site, standing.live, { to: "previous", by: null });
  if (!store || standing.live === undefined || standing.live === target.id) return;
  const turn = { from: standing.live, to: target.id, why: "", failed: false, by: null };
  await goBack(store, cloud, { turn, standing }, context);
}
