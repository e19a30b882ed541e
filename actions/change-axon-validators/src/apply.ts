import { randomUUID } from "node:crypto";
import { ActionError, type Context, goOn, type Report } from "@playbook/action";
import { configMaps, type KubeClient, pods } from "@playbook/kube";
import { planCall, signCall } from "./begin.ts";
import { fewestOf, type Inputs, LiveChain, type Look, nameOf, wantedOf } from "./chain.ts";
import { type Decision, type Failure, type Memory, NOTHING, type Sight, step } from "./decide.ts";
import { checkIdentities } from "./identity.ts";
import { plain } from "./members.ts";
import {
  announced,
  type Entry,
  isAtLarge,
  type Pending,
  type Receipt,
  restartText,
  settled,
} from "./pending.ts";
import { SetRecord } from "./record.ts";
import { stopNodes } from "./stop.ts";
import { type Done, reportOf } from "./summary.ts";
import { checkWanted, type Wanted } from "./wanted.ts";

/** Between two looks, in milliseconds, where the chain's blocks come more slowly. */
const POLL_MS = 1_000;

/** How often one who watches is told of what is awaited, in milliseconds. */
const PROGRESS_MS = 20_000;

/** Brings the wanted set about, one validator at a time. */
export async function apply(inputs: Inputs, context: Context): Promise<Report> {
  using chain = await LiveChain.open(inputs, context);
  await checkRollouts(chain.kube, inputs.namespace);
  const record = await SetRecord.open(chain.kube, inputs.namespace, context);
  await record.begin(`${inputs.run}, ${randomUUID().slice(0, 8)}`);
  const change = new Change(chain, record, inputs, context);
  const done = await change.run().catch(async (error) => {
    await record.leave();
    throw error;
  });
  await record.release();
  return reportOf(done, chain, change.wanted);
}

class Change {
  readonly #chain: LiveChain;
  readonly #record: SetRecord;
  readonly #inputs: Inputs;
  readonly #context: Context;
  readonly #log: string[] = [];
  wanted: readonly Wanted[] = [];
  #told = { line: "", at: 0 };

  constructor(chain: LiveChain, record: SetRecord, inputs: Inputs, context: Context) {
    this.#chain = chain;
    this.#record = record;
    this.#inputs = inputs;
    this.#context = context;
  }

  async run(): Promise<Done> {
    const { clock, signal } = this.#context;
    let memory: Memory = NOTHING;
    for (;;) {
      goOn(this.#context);
      const look = await this.#chain.look();
      if (this.wanted.length === 0) await this.#want(look);
      const sight = await this.#sight(look);
      const next = step(memory, sight, this.#policy());
      memory = next.memory;
      this.#tell(next.decision);
      const failure = await this.#act(next.decision, look, sight);
      if (failure !== undefined) return { look, failure, log: this.#log, entry: this.#entry() };
      await this.#record.beat();
      await clock.sleep(Math.min(POLL_MS, look.seen.timing.interval / 2), signal);
    }
  }

  async #want(look: Look): Promise<void> {
    await checkIdentities(this.#chain, look, this.#inputs, this.#context);
    this.wanted = wantedOf(this.#inputs, this.#chain);
    checkWanted(this.wanted, this.#chain.members, fewestOf(this.#inputs));
  }

  #policy() {
    const { acceptSet: accept, stopRemoved: stop, patience, epochWait } = this.#inputs;
    return { wanted: this.wanted, accept, stop, patience, epochWait };
  }

  async #sight(look: Look): Promise<Sight> {
    const { seen, scene } = look;
    const { entry } = this.#record;
    return {
      now: seen.now,
      head: seen.head,
      stalled: seen.stalled,
      known: this.#chain.isKnown(look),
      members: this.#chain.members,
      voting: seen.voting,
      ready: seen.inStep,
      entry,
      receipt: await this.#receiptOf(entry?.pending ?? null),
      heights: heightsIn(seen),
      running: runningIn(scene),
    };
  }

  async #receiptOf(pending: Pending | null): Promise<Receipt | null> {
    if (!pending?.signed) return null;
    type Answer = { blockNumber: string; status: string } | null;
    const { hash } = pending.signed;
    const found = await this.#chain.ask<Answer>("eth_getTransactionReceipt", [hash]);
    return found && { height: Number(found.blockNumber), succeeded: Number(found.status) === 1 };
  }

  /** undefined while it goes on. */
  async #act(
    decision: Decision,
    look: Look,
    { receipt, running }: Sight,
  ): Promise<Failure | null | undefined> {
    switch (decision.do) {
      case "wait":
        return undefined;
      case "announce":
        await this.#announce(look.seen.head, receipt);
        return undefined;
      case "settle":
        await this.#settle(decision.pending, { height: look.seen.head, running });
        return undefined;
      case "restart":
        await this.#restart(decision.id, decision.pod);
        return undefined;
      case "restarted":
        await this.#write({ restart: null });
        return undefined;
      case "drop":
        await this.#write({ pending: null });
        return decision.failure ?? undefined;
      case "begin":
      case "take-back":
        await this.#begin(decision.change, look);
        return undefined;
      case "sign": {
        // A node for the pod that signs may take minutes to come.
        const waiting = { context: this.#context, onLook: () => this.#record.beat() };
        const pending = await signCall(decision.pending, this.#chain, this.#inputs, waiting);
        await this.#write({ pending });
        return undefined;
      }
      case "send":
        await this.#chain.tell("eth_sendRawTransaction", [decision.pending.signed?.raw]);
        return undefined;
      case "stop":
        await stopNodes(this.#chain.kube, look.scene, decision.ids);
        return undefined;
      case "end":
        return decision.failure;
    }
  }

  async #announce(height: number, receipt: Receipt | null): Promise<void> {
    const entry = this.#entry();
    const { pending } = entry;
    if (isAtLarge(pending, receipt)) {
      const named = (id: string) => nameOf(id, this.#chain, this.wanted);
      this.#context.warn(
        `The change of ${named(pending.id)} is given up, and its call is signed already. A ` +
          "node that was sent it can still bring it into a block while " +
          `${named(pending.signer)} is a validator: a later run says "set-unannounced" then. A ` +
          "node that is restarted forgets it.",
      );
    }
    const members = this.#chain.members.map(plain);
    await this.#record.write(announced(entry, members, height, receipt));
  }

  async #settle(pending: Pending, now: { height: number; running: Sight["running"] }) {
    const { wanted } = this;
    await this.#record.write(settled(this.#entry(), { wanted, ...now }));
    const isHere = now.running.has(pending.id);
    const text = restartText(pending, isHere, (id) => nameOf(id, this.#chain, wanted));
    if (!text) return;
    this.#log.push(text);
    this.#context.warn(text);
  }

  /** Only that very pod: one that has come since has read the keys when it started. */
  async #restart(id: string, uid: string): Promise<void> {
    const pod = this.#chain.postOf(id)?.pod;
    if (pod?.metadata.uid !== uid || pod.metadata.deletionTimestamp) return;
    const { namespace } = this.#inputs;
    await this.#chain.kube.remove({ resource: pods, name: pod.metadata.name, namespace }, uid);
  }

  async #begin(change: Parameters<typeof planCall>[0], look: Look): Promise<void> {
    const { wanted } = this;
    const entry = this.#entry();
    const pending = await planCall(change, this.#chain, entry, look, wanted, this.#inputs);
    await this.#write({ pending });
  }

  #entry(): Entry {
    const { entry } = this.#record;
    if (entry) return entry;
    const members = this.#chain.members.map(plain);
    const nothing = { epoch: null, pending: null, proving: null, removed: [], restart: null };
    return { members, height: 0, ...nothing };
  }

  async #write(changes: Partial<Entry>): Promise<void> {
    await this.#record.write({ ...this.#entry(), ...changes });
  }

  #tell(decision: Decision): void {
    const line = saying(decision, (id) => nameOf(id, this.#chain, this.wanted));
    const now = this.#context.clock.now();
    if (line === this.#told.line && now - this.#told.at < PROGRESS_MS) return;
    if (decision.do === "begin" || decision.do === "take-back") this.#log.push(line);
    this.#told = { line, at: now };
    this.#context.progress(line);
  }
}

export function heightsIn({ nodes }: Look["seen"]): Map<string, number> {
  return new Map(
    [...nodes.values()].flatMap(({ id, height }) => (height === null ? [] : [[id, height]])),
  );
}

/** The uids of the pods that there are, by whose they are. */
export function runningIn({ posts }: Look["scene"]): Map<string, string> {
  return new Map(posts.flatMap(({ id, pod }) => (pod ? [[id, pod.metadata.uid]] : [])));
}

/**
 * A rollout takes validators away while it counts on the set that there is. One that is paused or
 * stuck takes none: whom it waits for may have to be taken out for it.
 */
async function checkRollouts(kube: KubeClient, namespace: string): Promise<void> {
  const all = await kube.list(configMaps, { namespace });
  const open = all.find(
    ({ metadata, data }) =>
      metadata.name.endsWith("-rollout") && ["", "interrupted"].includes(data?.outcome ?? "done"),
  );
  if (!open) return;
  throw new ActionError("rollout-unfinished", {
    what: "A rollout of this chain has not come to its end.",
    why: `ConfigMap ${open.metadata.name} says so: ${open.data?.run ?? ""}.`,
    next: "Let it end, or run it again; then run this.",
  });
}

function saying(decision: Decision, nameOf: (id: string) => string): string {
  const names = "ids" in decision ? decision.ids.map(nameOf).join(", ") : "";
  switch (decision.do) {
    case "announce":
      return "The chain's validators are announced as they are.";
    case "begin":
      return (
        `${nameOf(decision.change.id)}: ${WORDS[decision.change.kind]}, ` +
        `with weight ${decision.change.weight}.`
      );
    case "take-back":
      return `${nameOf(decision.change.id)} did not vote: it is taken out again.`;
    case "sign":
      return `${nameOf(decision.pending.signer)} signs the call.`;
    case "send":
      return `The call that changes ${names} is sent.`;
    case "settle":
      return `${nameOf(decision.pending.id)}: the change is in force.`;
    case "restart":
      return `${nameOf(decision.id)} starts anew: it reads the keys of its epoch then.`;
    case "restarted":
      return `${nameOf(decision.id)} has started anew.`;
    case "drop":
      return `${nameOf(decision.pending.id)}: the change is given up before it took effect.`;
    case "stop":
      return `${names}: the node is stopped.`;
    case "wait":
      return `Waiting for ${AWAITED[decision.on]}${names && ` ${names}`}.`;
    case "end":
      return decision.failure ? `It ends: ${decision.failure.code}.` : "All is as it is wanted.";
  }
}

const WORDS = { add: "is taken in", remove: "is taken out", weigh: "weighs otherwise" };

const AWAITED = {
  votes: "the votes of",
  nodes: "the nodes of",
  block: "blocks of the chain",
  inclusion: "a block with the change of",
  epoch: "the epoch that changes",
};
