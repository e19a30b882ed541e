import { ActionError, type Context, reason } from "@playbook/action";
import { configMaps, isConflict, type Keeper, type KubeClient } from "@playbook/kube";
import { partingClient } from "./parting.ts";

const KINDS = ["rollout", "fork", "jump"] as const;

export type Kind = (typeof KINDS)[number];

/** What a rollout says of itself in the cluster, for the run that comes after it. */
export type Entry = {
  /** Which run it is. */
  run: string;
  direction: "forward" | "back";
  /** Helm's revision before the rollout; 0 when there was none. */
  from: number;
  /** The version that ran before it, for a person. */
  was?: string | undefined;
  /** The version that it rolls out. */
  to?: string | undefined;
  /** How: one at a time, for a fork, or all at once. */
  kind?: Kind | undefined;
  /** The block after which all were stopped, where they were. */
  stoppedAfter?: number | undefined;
  /** Empty while it is under way; `interrupted` when it was ended in good order before its end. */
  outcome: string;
};

/** A rollout that is alive says so this often; one that was silent three times as long is dead. */
const BEAT_MS = 5_000;
const SILENCE_MS = 3 * BEAT_MS;

/** Between two looks whether it is time to say so, or whether somebody has. */
const LOOK_MS = 1_000;

export function recordName(release: string): string {
  return `${release}-rollout`;
}

/** What a record says, as the cluster keeps it. */
export function entryIn(object: Pick<Keeper, "data"> | undefined): Entry | undefined {
  const data = object?.data;
  if (!data) return undefined;
  const direction = data.direction === "back" ? "back" : "forward";
  return {
    ...{ run: data.run ?? "", direction, outcome: data.outcome ?? "" },
    from: Number(data.from ?? 0),
    ...{ was: data.was, to: data.to, kind: KINDS.find((one) => one === data.kind) },
    stoppedAfter: data.stoppedAfter === undefined ? undefined : Number(data.stoppedAfter),
  };
}

/** Its validators are half-way: it was ended, or waits for a person to mend something. */
export function isUnfinished({ outcome }: Entry): boolean {
  return isCutShort({ outcome }) || outcome === "paused" || outcome === "stuck";
}

/** It was ended before it could say what became of it. */
export function isCutShort({ outcome }: Pick<Entry, "outcome">): boolean {
  return outcome === "" || outcome === "interrupted";
}

/**
 * The one record of a release's rollouts, a ConfigMap. It is written over the version that was
 * read: of two runs one writes, and the other learns it.
 */
export class RolloutRecord {
  readonly #kube: KubeClient;
  readonly #context: Context;
  readonly #ref: { resource: typeof configMaps; name: string; namespace: string };
  #object: Keeper | undefined;
  #beat = 0;
  #written = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(kube: KubeClient, namespace: string, release: string, context: Context) {
    this.#kube = kube;
    this.#context = context;
    this.#ref = { resource: configMaps, name: recordName(release), namespace };
  }

  static async open(
    kube: KubeClient,
    { namespace, release }: { namespace: string; release: string },
    context: Context,
  ): Promise<RolloutRecord> {
    const record = new RolloutRecord(kube, namespace, release, context);
    record.#object = await kube.find(record.#ref);
    return record;
  }

  /** What the last rollout wrote; undefined before the first. */
  get last(): Entry | undefined {
    return entryIn(this.#object);
  }

  /**
   * Takes the release over for a run. A rollout under way that is alive is left alone: throws
   * `rollout-under-way`.
   */
  async begin(entry: Entry): Promise<void> {
    const { last } = this;
    if (last && !last.outcome && last.run !== entry.run) await this.#seeDead(last.run);
    await this.write(entry);
  }

  /** One at a time. Throws `rollout-taken-over` when another run has written since. */
  write(entry: Entry, kube = this.#kube): Promise<void> {
    const written = this.#writing.then(() => this.#write(entry, kube));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #write(entry: Entry, kube: KubeClient): Promise<void> {
    this.#beat += 1;
    const { from, was, to, kind, stoppedAfter, ...words } = entry;
    const data = {
      ...{ ...words, from: `${from}`, beat: `${this.#beat}` },
      ...(was !== undefined && { was }),
      ...(to !== undefined && { to }),
      ...(kind !== undefined && { kind }),
      ...(stoppedAfter !== undefined && { stoppedAfter: `${stoppedAfter}` }),
    };
    this.#object = await this.#put(data, kube).catch((error) => {
      throw isConflict(error) ? takenOver(this.#ref.name, error) : error;
    });
    this.#written = this.#context.clock.now();
  }

  /** Says that the run ends before its rollout does: the next one need not find out. */
  async leave(entry: Entry): Promise<void> {
    const kube = partingClient(this.#kube, this.#context);
    await this.write({ ...entry, outcome: "interrupted" }, kube).catch((fault) => {
      this.#context.warn(`The next run will have to wait and see: ${reason(fault)}`);
    });
  }

  /** Says that the run is alive, as often as is needed. */
  async beat(entry: Entry): Promise<void> {
    if (this.#context.clock.now() - this.#written >= BEAT_MS) await this.write(entry);
  }

  /** Says that the run is alive, for as long as something takes. */
  async during<Done>(entry: Entry, work: Promise<Done>): Promise<Done> {
    const { clock, signal } = this.#context;
    let over = false;
    const done = work.finally(() => {
      over = true;
    });
    const beating = async () => {
      while (!over) {
        await this.beat(entry);
        await clock.sleep(LOOK_MS, signal);
      }
      return done;
    };
    return Promise.race([done, beating()]);
  }

  #put(data: { [name: string]: string }, kube: KubeClient): Promise<Keeper> {
    const { resource, name, namespace } = this.#ref;
    const draft = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
    if (!this.#object) return kube.create(resource, draft);
    return kube.replace(this.#ref, { ...this.#object, data });
  }

  async #seeDead(run: string): Promise<void> {
    const { clock, signal } = this.#context;
    this.#context.progress(`Another run, ${run}, began a rollout: is it alive?`);
    const before = this.#object?.metadata.resourceVersion;
    const end = clock.now() + SILENCE_MS;
    while (clock.now() < end) {
      await clock.sleep(LOOK_MS, signal);
      const now = await this.#kube.find(this.#ref);
      if (now && now.metadata.resourceVersion !== before) throw underWay(run);
    }
  }
}

function underWay(run: string): ActionError {
  return new ActionError("rollout-under-way", {
    what: "Another rollout of this release is under way.",
    why: `It is ${run}, and it is alive.`,
    next: "Wait until it ends, or cancel it: the next run goes on from where it stands.",
  });
}

function takenOver(name: string, cause: unknown): ActionError {
  return new ActionError(
    "rollout-taken-over",
    {
      what: "Another run has taken this rollout over.",
      why: `ConfigMap ${name} was written by it: this run was silent for too long.`,
      next: "Look at that run. This one changes nothing any more.",
    },
    { cause },
  );
}
