import { type Context, goOn, reason } from "@playbook/action";
import {
  begin,
  type Decision,
  type Failure,
  type Insight,
  type Member,
  type Memory,
  type Outcome,
  type Policy,
  step,
  turnBack,
  type View,
} from "@playbook/bft";
import { type KubeClient, pods } from "@playbook/kube";
import { shut } from "./budget.ts";
import { open, type RenderedSets, settle } from "./hold.ts";
import { comesBackWanted, isObserved, type Post, wayOf } from "./layout.ts";
import { leave, restoreBudgets } from "./leaving.ts";
import type { Observer, Scene } from "./observe.ts";
import { progressLines, saying } from "./progress.ts";
import type { Entry, RolloutRecord } from "./record.ts";
import type { Snapshots } from "./snapshots.ts";
import { type Story, storyOf } from "./story.ts";
import { Timeline } from "./timeline.ts";
import { unreadyText } from "./unready.ts";

export type Parts = {
  kube: KubeClient;
  namespace: string;
  observer: Observer;
  snapshots: Snapshots;
  record: RolloutRecord;
  context: Context;
  rendered: RenderedSets;
  /** Names of the sets that were there before: all others are new. */
  before: ReadonlySet<string>;
  /**
   * Makes the release what it was before; pods stay as they are until each is let go. Meanwhile it
   * says with the entry that the run is alive.
   */
  takeBack: (entry: Entry) => Promise<void>;
};

export type Result = {
  outcome: Outcome;
  /** Where it went at its end. */
  direction: Memory["direction"];
  /** The version that ran before it began, in an earlier run where that was killed. */
  was: string | undefined;
  failure: Failure | null;
  /** Why it turned back, if it did. */
  cause: Failure | null;
  story: Story | null;
  timeline: Timeline;
  seen: Insight;
  /** Names of snapshots that were taken before a validator was let go, by pod. */
  snapshots: [pod: string, snapshot: string][];
  blocks: { from: number; to: number };
  /** The block after which all were stopped, where they were. */
  stoppedAfter: number | undefined;
  took: number;
};

const POLL_MS = 1_000;
const PROGRESS_MS = 10_000;

/** Validator by validator, until all are at the wanted revision, or back, or it cannot go on. */
export class Rollout {
  readonly #parts: Parts;
  readonly #policy: Omit<Policy, "window">;
  readonly #timeline = new Timeline();
  #entry: Entry;
  #cause: Failure | null = null;
  #story: Story | null = null;
  #told = 0;

  /** `cause` is why it has turned back before it began, if it has. */
  constructor(
    parts: Parts,
    policy: Omit<Policy, "window">,
    entry: Entry,
    cause: Failure | null = null,
  ) {
    this.#cause = cause;
    this.#parts = parts;
    this.#policy = policy;
    this.#entry = entry;
  }

  /**
   * Throws `cancelled`, `snapshot-failed`, and what the API server refuses; budgets are restored
   * first.
   */
  async run(): Promise<Result> {
    try {
      const result = await this.#run();
      await restoreBudgets(this.#parts);
      return result;
    } catch (error) {
      await leave(this.#parts, this.#entry, error);
      throw error;
    }
  }

  async #run(): Promise<Result> {
    const { context, observer, record } = this.#parts;
    let { view, scene } = await this.#look();
    const { direction } = this.#entry;
    const touched = newIn(scene, this.#parts.before);
    let memory = begin(view, { direction, touched, unproven: letGoIn(view, touched) });
    const began = { at: view.now, height: memory.start };
    for (;;) {
      goOn(context);
      const window = 2 * view.set.length;
      const next = step(memory, view, { ...this.#policy, window });
      memory = next.memory;
      this.#tell(next.seen, next.decision);
      if (next.decision.do === "end") {
        const { outcome, failure } = next.decision;
        return this.#end(outcome, failure, { seen: next.seen, scene, began });
      }
      memory = await this.#act(next.decision, memory, next.seen, scene);
      await record.beat(this.#entry);
      await context.clock.sleep(Math.min(POLL_MS, view.timing.interval / 2), context.signal);
      ({ view, scene } = await observer.look());
    }
  }

  /** The first look waits for the controllers to have taken the release in. */
  async #look() {
    const { observer, context, snapshots } = this.#parts;
    for (;;) {
      goOn(context);
      await snapshots.refresh();
      const scene = await observer.scene();
      if (scene.sets.every(isObserved)) return observer.meet(scene);
      await context.clock.sleep(POLL_MS / 4, context.signal);
    }
  }

  async #act(
    decision: Exclude<Decision, { do: "end" }>,
    memory: Memory,
    seen: Insight,
    scene: Scene,
  ): Promise<Memory> {
    const { kube, snapshots, context } = this.#parts;
    switch (decision.do) {
      case "wait":
        if (decision.on === "snapshot") {
          await snapshots.lookAt(scene.posts, context.clock.now());
        }
        return memory;
      case "bear":
        context.warn(`The rollout goes on. ${decision.why}`);
        return memory;
      case "shut-evictions":
        await shut(kube, scene.budgets);
        return memory;
      case "snapshot":
        await snapshots.take(postOf(decision.member, scene));
        await snapshots.refresh();
        return memory;
      case "let-go":
        await this.#letGo(decision.member, scene);
        return memory;
      case "delete":
        await this.#delete(postOf(decision.member, scene));
        return memory;
      case "turn-back":
        return this.#turnBack(decision.failure, memory, seen);
    }
  }

  async #letGo(member: Member, scene: Scene): Promise<void> {
    const post = postOf(member, scene);
    const way = wayOf(post, scene.posts);
    if (way === "delete") return this.#delete(post);
    await open(this.#parts.kube, post.place.set, way.open, this.#entry.run);
  }

  async #delete({ pod }: Post): Promise<void> {
    if (!pod) return;
    const { name, namespace, uid } = pod.metadata;
    await this.#parts.kube.remove({ resource: pods, name, namespace }, uid);
  }

  async #turnBack(failure: Failure, memory: Memory, { now }: Insight): Promise<Memory> {
    const { kube, namespace, record, context, takeBack } = this.#parts;
    this.#cause = failure;
    context.warn(`The rollout turns back. ${failure.why}`);
    this.#story = await this.#storyOf(failure, namespace, kube);
    this.#entry = { ...this.#entry, direction: "back" };
    await record.write(this.#entry);
    await takeBack(this.#entry);
    await this.#look();
    return turnBack(memory, now);
  }

  /** What cannot be read of a pod keeps nobody from taking it back. */
  async #storyOf({ id }: Failure, namespace: string, kube: KubeClient): Promise<Story | null> {
    const { observer, context } = this.#parts;
    const pod = observer.podOf(id);
    if (!pod) return null;
    return storyOf(kube, namespace, pod).catch((error) => {
      goOn(context);
      context.warn(`What ${pod} said last is not known: ${reason(error)}`);
      return null;
    });
  }

  async #end(
    outcome: Outcome,
    failure: Failure | null,
    { seen, scene, began }: { seen: Insight; scene: Scene; began: { at: number; height: number } },
  ): Promise<Result> {
    const { kube, namespace, record, snapshots } = this.#parts;
    if (failure) this.#story ??= await this.#storyOf(failure, namespace, kube);
    await this.#settle(scene, outcome);
    await record.write({ ...this.#entry, outcome });
    const taken = scene.posts.flatMap((post): [string, string][] => {
      const name = snapshots.nameFor(post);
      return name ? [[post.place.pod, name]] : [];
    });
    return {
      ...{
        outcome,
        direction: this.#entry.direction,
        was: this.#entry.was,
        failure,
        cause: this.#cause,
        story: this.#story,
        timeline: this.#timeline,
        seen,
      },
      snapshots: taken,
      blocks: { from: began.height, to: seen.head },
      stoppedAfter: this.#entry.stoppedAfter,
      took: seen.now - began.at,
    };
  }

  /** A set comes back as it is only when its controller has seen all of its pods ready. */
  async #settle(scene: Scene, outcome: Outcome): Promise<void> {
    const { kube, rendered, observer, record, context } = this.#parts;
    const whole = outcome === "done" || outcome === "taken-back";
    const end = context.clock.now() + (whole ? this.#policy.controller : 0);
    let there = scene;
    while (!there.sets.every(comesBackWanted) && context.clock.now() < end) {
      await record.beat(this.#entry);
      await context.clock.sleep(POLL_MS / 4, context.signal);
      there = await observer.scene();
    }
    const unready = whole && unreadyText(there.sets, there.pods);
    if (unready) context.warn(unready);
    await settle(kube, there.sets, rendered);
  }

  #tell(seen: Insight, decision: Decision): void {
    const { direction } = this.#entry;
    this.#timeline.note(seen, direction);
    const { progress } = this.#parts.context;
    const waits = decision.do === "wait";
    if (waits && seen.now - this.#told < PROGRESS_MS) return;
    this.#told = seen.now;
    for (const line of progressLines(seen, direction)) progress(line);
    progress(saying(decision));
  }
}

function newIn({ posts }: Scene, before: ReadonlySet<string>): Set<string> {
  const fresh = posts.filter(({ place }) => !before.has(place.set.metadata.name));
  return new Set(fresh.map(({ id }) => id));
}

/** Whoever was let go, or is new: a process of theirs may be younger than the last blocks. */
function letGoIn({ members }: View, fresh: ReadonlySet<string>): Set<string> {
  const letGo = members.filter(({ id, released }) => released || fresh.has(id));
  return new Set(letGo.map(({ id }) => id));
}

/** Members are made of posts, of the same scene. */
function postOf({ id, pod }: Member, { posts }: Scene): Post {
  const post = posts.find((each) => each.id === id);
  if (!post) throw new Error(`${pod} is not in the scene that it was seen in.`);
  return post;
}
