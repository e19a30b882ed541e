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
    outcome: z.enum(["complete", "failed", "abandoned"]),
    results: z.array(result),
  }),
  /** All chains are complete. */
  z.object({ kind: z.literal("finished"), created: z.array(created) }),
  /** A chain has failed; the name is free for another plan. */
  z.object({ kind: z.literal("failed"), chains: z.array(z.string()) }),
  /** It is given up: no run goes on with its steps, only with using its nonces up. */
  z.object({ kind: z.literal("abandoning") }),
  /** All its nonces are used up; the name is free for another plan, and never for this one. */
  z.object({ kind: z.literal("abandoned") }),
]);

export type DeploymentEvent = z.output<typeof event>;
export type ChainDone = Extract<DeploymentEvent, { kind: "chain-done" }>;
export type StepResult = z.output<typeof result>;

/** Where a deployment stands. */
export type DeploymentState =
  | { stage: "new"; abandoned?: Attempt }
  | ({ stage: "unfinished"; abandoning: boolean } & Attempt)
  | ({ stage: "finished" } & Attempt);

/** A plan that was begun, and the chains on which it has ended. */
export type Attempt = { plan: Digest; done: Map<string, ChainDone> };

/**
 * The history of one release of one environment, as a log: stored first, continued, finished once.
 */
export class DeploymentRecord {
  readonly #store: Store;
  readonly #log: Log<DeploymentEvent>;
  readonly #prefix: string;
  #events: DeploymentEvent[] = [];
  /** Plans that were begun under this name, when this run has looked last. */
  #attempts = 0;
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
    this.#attempts = attemptsIn(this.#events).length;
    return stateOf(this.#events);
  }

  /**
   * Where it stands by what was read and written last; every run's own last word has all before it.
   */
  get state(): DeploymentState {
    return stateOf(this.#events);
  }

  /**
   * Stores a plan and its files, then makes it the deployment's plan. Before the first signature.
   */
  async begin(plan: Plan, files: Uint8Array[]): Promise<void> {
    const text = Buffer.from(planText(plan));
    await Promise.all([text, ...files].map((bytes) => putBlob(this.#store, bytes)));
    await this.append({ kind: "planned", plan: digestOf(text) });
    this.#attempts = attemptsIn(this.#events).length;
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
      if (next.kind === "planned") this.#demandUnused(next.plan);
      else this.#demandFitting(next);
      try {
        this.#events.push(await this.#log.append(next));
        return;
      } catch (error) {
        if (!(error instanceof LogLost)) throw error;
        this.#events = await this.#log.read();
      }
    }
  }

  /** An event belongs to the plan that this run works at, and an end to one that has none yet. */
  #demandFitting({ kind }: DeploymentEvent): void {
    if (attemptsIn(this.#events).length > this.#attempts) throw begunAnew(this.where);
    const state = stateOf(this.#events);
    if (kind === "abandoning" && state.stage !== "unfinished") {
      throw nothingToAbandon(this.where, state.stage);
    }
    const isGivenUp = hasKind(attemptsIn(this.#events).at(-1) ?? [], "abandoning");
    if (isGivenUp && (kind === "finished" || kind === "failed")) throw givenUp(this.where);
  }

  /** One plan counts, whichever run stored it: a second one would be taken for its continuation. */
  #demandUnused(plan: string): void {
    const abandoned = attemptsIn(this.#events).filter((one) => hasKind(one, "abandoned"));
    if (abandoned.some(([first]) => first?.kind === "planned" && first.plan === plan)) {
      throw givenUp(this.where);
    }
    if (stateOf(this.#events).stage === "new") return;
    throw new ActionError("deployment-begun", {
      what: "Another run has begun this release with another plan.",
      why: `Its plan lies at ${this.where}, and it is the one that counts.`,
      next: "Run this again: it continues that plan. Nothing of this run's plan was signed.",
    });
  }

  /**
   * The stored plan. Throws `plan-lost` when its object is gone, `plan-unreadable` when this
   * release of the library reads something else in it than the one that stored it.
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

/** The events of each plan that was begun, the first of them `planned`. */
function attemptsIn(events: DeploymentEvent[]): DeploymentEvent[][] {
  const starts = events.flatMap(({ kind }, index) => (kind === "planned" ? [index] : []));
  return starts.map((start, at) => events.slice(start, starts[at + 1]));
}

function hasKind(events: DeploymentEvent[], wanted: DeploymentEvent["kind"]): boolean {
  return events.some(({ kind }) => kind === wanted);
}

function stateOf(events: DeploymentEvent[]): DeploymentState {
  const attempt = attemptsIn(events).at(-1) ?? [];
  const [planned] = attempt;
  if (planned?.kind !== "planned") return { stage: "new" };
  if (hasKind(attempt, "failed")) return { stage: "new" };

  const ended = attempt.filter((one) => one.kind === "chain-done");
  const done = new Map(ended.map((one) => [one.chain, one]));
  const known = { plan: planned.plan as Digest, done };
  if (hasKind(attempt, "abandoned")) return { stage: "new", abandoned: known };
  if (hasKind(attempt, "finished")) return { stage: "finished", ...known };
  return { stage: "unfinished", abandoning: hasKind(attempt, "abandoning"), ...known };
}

function isKnown(events: DeploymentEvent[], next: DeploymentEvent): boolean {
  const state = stateOf(events);
  if (next.kind === "planned") return state.stage !== "new" && state.plan === next.plan;

  const attempt = attemptsIn(events).at(-1) ?? [];
  return attempt.some((one) => {
    if (one.kind === "chain-done" && next.kind === "chain-done") return one.chain === next.chain;
    return one.kind === next.kind;
  });
}

function begunAnew(where: string): ActionError {
  return new ActionError("plan-closed", {
    what: "The plan of this run has ended, and the release was begun with a new one.",
    why: `Another run has done so meanwhile: see ${where}.`,
    next: "Run this again: it goes on with the new plan. Nothing of the old one is sent.",
  });
}

/** True when a run with `mode: abandon` has given up the plan that was begun last. */
export function isGivenUp(state: DeploymentState): boolean {
  return state.stage === "unfinished" ? state.abandoning : "abandoned" in state;
}

export function givenUp(where: string): ActionError {
  return new ActionError("plan-abandoned", {
    what: "The release's plan was given up, and is never sent again.",
    why: `A run with \`mode: abandon\` has said so: see ${where}.`,
    next: "When that run has come to its end, plan again: run all jobs of the workflow anew.",
  });
}

export function nothingToAbandon(where: string, stage: "new" | "finished"): ActionError {
  const why = stage === "new" ? "No release of that name is begun" : "The release is finished";
  return new ActionError("nothing-to-abandon", {
    what: "There is nothing to give up.",
    why: `${why}: see ${where}.`,
    next: "Check `environment` and `release`; `pnpm playbook ledger status` shows what is open.",
  });
}

/** Objects by their digest: plans and the files that scripts wrote. */
export async function putBlob(store: Store, bytes: Uint8Array): Promise<Digest> {
  const digest = digestOf(bytes);
  await store.create(blobKey(digest), bytes);
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
