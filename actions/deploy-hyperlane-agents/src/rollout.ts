import { type Context, goOn } from "@playbook/action";
import { nextMove, type RollingAgent, type RolloutMove } from "@playbook/hyperlane";
import { type KubeClient, pods } from "@playbook/kube";
import { type Story, storyOf } from "@playbook/rollout";
import type { Entry } from "./entry.ts";
import type { Releases } from "./releases.ts";
import { absenceOf, flaggedAmong, type Sight, viewOf } from "./sight.ts";
import type { Watch } from "./watch.ts";

/** How a rollout ended. */
export type Result = {
  outcome: "done" | "partial" | "held" | "blocked" | "flagged";
  /** What this run has installed, changed or retired. */
  moved: string[];
  /** As it was seen last. */
  sight: Sight;
  /** Whom it ended at, and why. */
  at?: { name: string; why: string };
  /** What that one's pod said last. */
  story?: Story | null;
};

type End = Pick<Result, "outcome" | "at" | "story">;

export type Parts = {
  kube: KubeClient;
  releases: Releases;
  watch: Watch;
  entries: () => Promise<Entry[]>;
};

/** Says that the run is alive, for as long as something takes. */
type Alive = <Done>(work: Promise<Done>) => Promise<Done>;

type Limits = { namespace: string; agentTimeout: number };

/** Between two looks, in milliseconds. */
const LOOK_MS = 1_000;

/** So long one is not ready that lacks a chain: a probe says it only after a few looks. */
const LACKING_MS = 20_000;

/**
 * Moves one agent after another, by what is seen each time: nothing is remembered from a run
 * before.
 */
export class AgentRollout {
  readonly #parts: Parts;
  readonly #limits: Limits;
  readonly #context: Context;
  readonly #alive: Alive;
  readonly #moved: string[] = [];
  /** Whom this run has started anew: who lacks a chain then does not reach it by another start. */
  readonly #startedAnew = new Set<string>();
  /** What is waited for, and since when. */
  #waiting: { what: string; since: number } | undefined;

  constructor(parts: Parts, limits: Limits, context: Context, alive: Alive) {
    this.#parts = parts;
    this.#limits = limits;
    this.#context = context;
    this.#alive = alive;
  }

  async run(): Promise<Result> {
    const { clock, signal } = this.#context;
    for (;;) {
      goOn(this.#context);
      const sight = await this.#alive(this.#look());
      const result = await this.#step(nextMove(viewOf(sight)), sight);
      if (result) return { ...result, moved: this.#moved, sight };
      await clock.sleep(LOOK_MS, signal);
    }
  }

  async #look(): Promise<Sight> {
    return this.#parts.watch.look(await this.#parts.entries());
  }

  /** How it ends, if it does. */
  async #step(move: RolloutMove, sight: Sight): Promise<End | undefined> {
    switch (move.kind) {
      case "done":
        return { outcome: "done" };
      case "left":
        return { outcome: "partial" };
      case "stop":
        return { outcome: "flagged", at: flaggedIn(sight) };
      case "move":
        await this.#alive(this.#move(move.agent, sight));
        return undefined;
      case "wait":
        return this.#wait(move.agent, sight);
      case "blocked": {
        const { name } = move.agent;
        if (!this.#isOver(`${name} may be moved: ${move.because}`)) return undefined;
        return { outcome: "blocked", at: { name, why: move.because } };
      }
    }
  }

  async #move({ name, work }: RollingAgent, { agents }: Sight): Promise<void> {
    const { releases } = this.#parts;
    const entry = agents.find((one) => one.entry.name === name)?.entry;
    if (!entry) throw new Error(`There is no agent ${name}.`);
    this.#waiting = undefined;
    this.#context.progress(`${name}: ${work}`);
    if (entry.wanted) await releases.put(entry.wanted, entry.installed);
    else await releases.retire(name);
    this.#moved.push(name);
  }

  async #wait({ name }: RollingAgent, { agents }: Sight): Promise<End | undefined> {
    const seen = agents.find(({ entry }) => entry.name === name);
    const why = seen?.trouble ?? (seen && absenceOf(seen)) ?? "It is not there.";
    const isOver = this.#isOver(`${name} works`) || Boolean(seen?.trouble);
    if (seen?.lacksChain && this.#isLasting() && !this.#startedAnew.has(name)) {
      await this.#startAnew(name);
      return undefined;
    }
    if (!isOver) return undefined;
    const { kube } = this.#parts;
    const story = await storyOf(kube, this.#limits.namespace, `${name}-0`).catch((error) => {
      this.#context.signal.throwIfAborted();
      this.#context.warn(`What ${name} said last is not seen: ${error.message}`);
      return null;
    });
    return { outcome: "held", at: { name, why }, story };
  }

  /**
   * A relayer that goes on without a chain which answers now: it reaches that at another start, and
   * by itself never. Of its pod a budget is asked, and whoever has replaced it meanwhile.
   */
  async #startAnew(name: string): Promise<void> {
    const { kube } = this.#parts;
    const { namespace } = this.#limits;
    const pod = await kube.find({ resource: pods, name: `${name}-0`, namespace });
    if (!pod) return;
    const evicted = await kube.evict(pod);
    if (typeof evicted === "object") return;
    this.#startedAnew.add(name);
    this.#waiting = undefined;
    this.#context.warn(`${name} went on without one of its chains, and is started anew.`);
  }

  #isLasting(): boolean {
    const since = this.#waiting?.since ?? Number.POSITIVE_INFINITY;
    return this.#context.clock.now() - since >= LACKING_MS;
  }

  /** Whether the same thing has been waited for longer than one agent may take. */
  #isOver(what: string): boolean {
    const now = this.#context.clock.now();
    if (this.#waiting?.what !== what) {
      this.#waiting = { what, since: now };
      this.#context.progress(`waiting until ${what}`);
    }
    return now - this.#waiting.since >= this.#limits.agentTimeout;
  }
}

function flaggedIn({ agents, flagged }: Sight): { name: string; why: string } {
  const names = [...flaggedAmong(agents).map(({ entry }) => entry.name), ...flagged];
  return { name: names.join(", "), why: "There is a reorg_flag.json in the bucket." };
}
