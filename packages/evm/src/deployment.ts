import { ActionError } from "@playbook/action";
import { type Digest, digestOf, keySegment, Log, LogLost, type Store } from "@playbook/state";
import { z } from "zod";
import {
  type Deployment,
  type Plan,
  planDigest,
  planText,
  planUnreadable,
  readPlan,
} from "./plan.ts";
import { address, count, hex, wei } from "./primitives.ts";

const result = z.object({
  step: z.string(),
  hash: hex,
  block: count,
  succeeded: z.boolean(),
  gasUsed: count,
  fee: wei,
});

const created = z.object({ chain: z.string(), contract: z.string().nullable(), address });

const event = z.discriminatedUnion("kind", [
  /** The plan is stored and is the one that counts. */
  z.object({ kind: z.literal("planned"), plan: z.string().startsWith("sha256:") }),
  /** One chain has come to its end. */
  z.object({
    kind: z.literal("chain-done"),
    chain: z.string(),
    outcome: z.enum(["complete", "failed"]),
    results: z.array(result),
  }),
  /** All chains are complete. */
  z.object({ kind: z.literal("finished"), created: z.array(created) }),
  /** A chain has failed; the name is free for another plan. */
  z.object({ kind: z.literal("failed"), chains: z.array(z.string()) }),
]);

export type DeploymentEvent = z.output<typeof event>;
export type ChainDone = Extract<DeploymentEvent, { kind: "chain-done" }>;
export type StepResult = z.output<typeof result>;

/** Where a deployment stands. */
export type DeploymentState =
  | { stage: "new" }
  | { stage: "unfinished"; plan: Digest; done: Map<string, ChainDone> }
  | { stage: "finished"; plan: Digest; done: Map<string, ChainDone> };

/** The history of one release of one environment, as a log: stored first, continued, finished once. */
export class DeploymentRecord {
  readonly #store: Store;
  readonly #log: Log<DeploymentEvent>;
  readonly #prefix: string;
  #events: DeploymentEvent[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: Store, deployment: Deployment, writer: string) {
    this.#store = store;
    this.#prefix = deploymentPrefix(deployment);
    this.#log = new Log<DeploymentEvent>({
      store,
      prefix: this.#prefix,
      format: "playbook.deployment",
      version: 1,
      writer,
      parse: (value) => event.parse(value),
    });
  }

  get where(): string {
    return `${this.#store.location}/${this.#prefix}`;
  }

  async read(): Promise<DeploymentState> {
    this.#events = await this.#log.read();
    return stateOf(this.#events);
  }

  /** Stores a plan and its files, then makes it the deployment's plan. Before the first signature. */
  async begin(plan: Plan, files: Uint8Array[]): Promise<void> {
    const text = Buffer.from(planText(plan));
    await putBlob(this.#store, text);
    await Promise.all(files.map((bytes) => putBlob(this.#store, bytes)));
    await this.append({ kind: "planned", plan: digestOf(text) });
  }

  /**
   * Appends an event unless it is there. Calls wait for each other; when another run of the same
   * deployment was first, its events are read and the rest is appended after them.
   */
  append(next: DeploymentEvent): Promise<void> {
    const turn = this.#turn.then(() => this.#append(next));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #append(next: DeploymentEvent): Promise<void> {
    for (;;) {
      if (isKnown(this.#events, next)) return;
      if (next.kind === "planned") this.#demandUnused();
      try {
        this.#events.push(await this.#log.append(next));
        return;
      } catch (error) {
        if (!(error instanceof LogLost)) throw error;
        await this.read();
      }
    }
  }

  /** One plan counts, whichever run stored it: a second one would be taken for its continuation. */
  #demandUnused(): void {
    if (stateOf(this.#events).stage === "new") return;
    throw new ActionError("deployment-begun", {
      what: "Another run has begun this release with another plan.",
      why: `Its plan lies at ${this.where}, and it is the one that counts.`,
      next: "Run this again: it continues that plan. Nothing of this run's plan was signed.",
    });
  }

  /**
   * The stored plan. Throws `plan-lost` when its object is gone, `plan-unreadable` when this release
   * of the library reads something else in it than the one that stored it.
   */
  async plan(digest: Digest): Promise<Plan> {
    const bytes = await getBlob(this.#store, digest);
    if (bytes) {
      const plan = readPlan(Buffer.from(bytes).toString());
      if (planDigest(plan) === digest) return plan;
      throw planUnreadable(new Error(`Read by this release, ${digest} has another digest.`));
    }
    throw new ActionError("plan-lost", {
      what: `The plan ${digest} of this release is gone.`,
      why: `${this.#store.location}/${blobKey(digest)} does not exist.`,
      next: "Restore that object's first version; it cannot be made again.",
    });
  }
}

function stateOf(events: DeploymentEvent[]): DeploymentState {
  const attempt = events.slice(events.findLastIndex(({ kind }) => kind === "planned"));
  const [planned] = attempt;
  if (planned?.kind !== "planned") return { stage: "new" };
  if (attempt.some(({ kind }) => kind === "failed")) return { stage: "new" };

  const done = attempt.filter((one) => one.kind === "chain-done");
  return {
    stage: attempt.some(({ kind }) => kind === "finished") ? "finished" : "unfinished",
    plan: planned.plan as Digest,
    done: new Map(done.map((one) => [one.chain, one])),
  };
}

function isKnown(events: DeploymentEvent[], next: DeploymentEvent): boolean {
  const state = stateOf(events);
  if (next.kind === "planned") return state.stage !== "new" && state.plan === next.plan;

  const attempt = events.slice(events.findLastIndex(({ kind }) => kind === "planned"));
  return attempt.some((one) => {
    if (one.kind === "chain-done" && next.kind === "chain-done") return one.chain === next.chain;
    return one.kind === next.kind;
  });
}

/** Objects by their digest: plans and the files that scripts wrote. */
export async function putBlob(store: Store, bytes: Uint8Array): Promise<Digest> {
  const digest = digestOf(bytes);
  const key = blobKey(digest);
  const standing = await store.read(key);
  if (!standing) await store.create(key, bytes);
  return digest;
}

export async function getBlob(store: Store, digest: Digest): Promise<Uint8Array | undefined> {
  const bytes = await store.read(blobKey(digest));
  return bytes && digestOf(bytes) === digest ? bytes : undefined;
}

function blobKey(digest: Digest): string {
  return `blobs/${digest.replace(":", "-")}`;
}

/**
 * Where a deployment's events lie; every part of its name is one segment of the path. The first of
 * several plans has the place that a whole release has, so that only one of the two can begin.
 */
function deploymentPrefix({ repository, environment, release, part = 1 }: Deployment): string {
  const segments = [...repository.split("/"), environment, release];
  const whole = ["deployments", ...segments.map(keySegment)].join("/");
  // No name has such a segment: behind its `_` are two hex digits.
  return part === 1 ? whole : `${whole}_part-${part}`;
}

/** A deployment's name as people write it. */
export function deploymentName({ repository, environment, release, part }: Deployment): string {
  const name = `${repository} ${environment} ${release}`;
  return part === undefined ? name : `${name}, part ${part}`;
}
