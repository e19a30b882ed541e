import { ActionError, type Context, reason } from "@playbook/action";
import { configMaps, isConflict, type Keeper, type KubeClient } from "@playbook/kube";
import { partingClient } from "@playbook/rollout";
import type { Entry } from "./pending.ts";

/** A chain has one set, and a namespace one chain. */
export const RECORD = "axon-validator-set";

/** A run that is alive says so this often; one that was silent three times as long is dead. */
const BEAT_MS = 5_000;
const SILENCE_MS = 3 * BEAT_MS;

/**
 * What was announced of a chain's set, and what is under way: a ConfigMap that is written over the
 * version that was read alone. Of two runs one writes, and the other learns it.
 */
export class SetRecord {
  readonly #kube: KubeClient;
  readonly #context: Context;
  readonly #ref: { resource: typeof configMaps; name: string; namespace: string };
  #object: Keeper | undefined;
  #run = "";
  #beat = 0;
  #written = 0;

  private constructor(kube: KubeClient, namespace: string, context: Context) {
    this.#kube = kube;
    this.#context = context;
    this.#ref = { resource: configMaps, name: RECORD, namespace };
  }

  static async open(kube: KubeClient, namespace: string, context: Context): Promise<SetRecord> {
    const record = new SetRecord(kube, namespace, context);
    record.#object = await kube.find(record.#ref);
    return record;
  }

  get entry(): Entry | null {
    const text = this.#object?.data?.entry;
    return text ? readEntry(text) : null;
  }

  /** Whose run has it, and has not come to an end. */
  get owner(): string {
    return this.#object?.data?.run ?? "";
  }

  /** Takes the set over for a run. Throws `change-under-way` when another one is alive. */
  async begin(run: string): Promise<void> {
    this.#run = run;
    if (!this.#object || !this.owner) return;
    this.#context.progress(`Another run, ${this.owner}, began a change: is it alive?`);
    const before = this.#object.metadata.resourceVersion;
    const { clock, signal } = this.#context;
    const end = clock.now() + SILENCE_MS;
    while (clock.now() < end) {
      await clock.sleep(1_000, signal);
      const now = await this.#kube.find(this.#ref);
      if (now && now.metadata.resourceVersion !== before) throw underWay(this.owner);
    }
  }

  /** Throws `change-taken-over` when another run has written since. */
  async write(entry: Entry): Promise<void> {
    await this.#put({ entry: writeEntry(entry), run: this.#run });
  }

  /** Says that the run is alive, as often as is needed. */
  async beat(): Promise<void> {
    const { entry } = this;
    if (!entry || this.#context.clock.now() - this.#written < BEAT_MS) return;
    await this.write(entry);
  }

  /** The run has come to its end: the next one need not ask whether it is alive. */
  async release(): Promise<void> {
    const { entry } = this;
    if (entry) await this.#put({ entry: writeEntry(entry), run: "" });
  }

  /** Says that the run ends before its change does: the next one need not find out. */
  async leave(): Promise<void> {
    const { entry } = this;
    if (!entry || this.owner !== this.#run) return;
    const kube = partingClient(this.#kube, this.#context);
    await this.#put({ entry: writeEntry(entry), run: "" }, kube).catch((fault) => {
      if (isTakenOver(fault)) return;
      this.#context.warn(`The next run will have to wait and see: ${reason(fault)}`);
    });
  }

  async #put(data: Record<string, string>, kube = this.#kube): Promise<void> {
    this.#beat += 1;
    const { resource, name, namespace } = this.#ref;
    const draft = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } };
    const all = { ...data, beat: `${this.#beat}` };
    const put = this.#object
      ? kube.replace(this.#ref, { ...this.#object, data: all })
      : kube.create(resource, { ...draft, data: all });
    this.#object = await put.catch((error) => {
      throw isConflict(error) ? takenOver(error) : error;
    });
    this.#written = this.#context.clock.now();
  }
}

/** Numbers beyond what JSON has are written with an n at their end. */
function writeEntry(entry: Entry): string {
  return JSON.stringify(entry, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
}

function readEntry(text: string): Entry {
  const read: Entry = JSON.parse(text, (_, value) =>
    typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  );
  return { ...read, restart: read.restart ?? null };
}

function underWay(run: string): ActionError {
  return new ActionError("change-under-way", {
    what: "Another change of this chain's validators is under way.",
    why: `It is ${run}, and it is alive.`,
    next: "Wait until it ends, or cancel it: the next run goes on from where it stands.",
  });
}

function takenOver(cause: unknown): ActionError {
  return new ActionError(
    "change-taken-over",
    {
      what: "Another run has taken this change over.",
      why: `ConfigMap ${RECORD} was written by it: this run was silent for too long.`,
      next: "Look at that run. This one changes nothing any more.",
    },
    { cause },
  );
}

function isTakenOver(error: unknown): boolean {
  return error instanceof ActionError && error.code === "change-taken-over";
}
