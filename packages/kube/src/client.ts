import type { Context } from "@playbook/action";
import type { Connection } from "./connection.ts";
import { budgetWords, explain, isBudget } from "./failure.ts";
import { holds, isPatched, type PatchOperation } from "./holds.ts";
import {
  collectionPath,
  type Draft,
  type Event,
  events,
  type KubeObject,
  nameOf,
  objectPath,
  type Pod,
  pods,
  type Ref,
  type Resource,
} from "./objects.ts";
import { type Outcome, type Request, Wire } from "./wire.ts";
import {
  type Change,
  isCollision,
  patchOf,
  queryOf,
  refOf,
  type Writing,
  withoutNulls,
} from "./writing.ts";

export type Where = {
  namespace?: string;
  labels?: string | undefined;
  fields?: string | undefined;
};

export type Propagation = "Background" | "Foreground" | "Orphan";

const PAGE = 500;

/**
 * The API of one cluster. Each call is tried again for 90 s while the API server is away; a write
 * whose reply was lost takes effect at most once: each says how.
 *
 * Throws `kube-unknown`, `kube-forbidden`, `kube-absent`, `kube-conflict`, `kube-invalid`,
 * `kube-untrusted`, `kube-unreachable`, `kube-refused`.
 */
export class KubeClient {
  readonly #wire: Wire;

  constructor(connection: Connection, context: Context) {
    this.#wire = new Wire(connection, context);
  }

  get connection(): Connection {
    return this.#wire.connection;
  }

  /** undefined when there is none. */
  async find<Kind extends KubeObject>(ref: Ref<Kind>): Promise<Kind | undefined> {
    const doing = { verb: "get", name: nameOf(ref) };
    const outcome = await this.#wire.send({ method: "GET", path: objectPath(ref) }, doing);
    if ("answer" in outcome) return JSON.parse(outcome.answer.body) as Kind;
    if (outcome.refusal.is("NotFound")) return undefined;
    throw explain(outcome.refusal, doing, this.connection);
  }

  async get<Kind extends KubeObject>(ref: Ref<Kind>): Promise<Kind> {
    return this.#object(ref, "get", { method: "GET", path: objectPath(ref) });
  }

  /** All of a kind, in one namespace or in all. */
  async list<Kind extends KubeObject>(
    resource: Resource<Kind>,
    { namespace, labels, fields }: Where = {},
  ): Promise<Kind[]> {
    const path = collectionPath(resource, namespace);
    const doing = { verb: "list", name: `${resource.plural} in ${namespace ?? "all namespaces"}` };
    const found: Kind[] = [];
    let next: string | undefined;
    do {
      const query = { labelSelector: labels, fieldSelector: fields, limit: PAGE, continue: next };
      const outcome = await this.#wire.send({ method: "GET", path, query }, doing);
      const page = JSON.parse(this.#answered(outcome, doing)) as Page<Kind>;
      // Of what stands in a list the API server leaves kind and version out.
      const { apiVersion, kind } = resource;
      found.push(...page.items.map((item) => ({ ...item, apiVersion, kind })));
      next = page.metadata?.continue || undefined;
    } while (next);
    return found;
  }

  /**
   * After a lost reply, one that is there and has all that was asked for is the one that was made.
   */
  async create<Kind extends KubeObject>(
    resource: Resource<Kind>,
    draft: Draft<Kind>,
    writing: Writing = {},
  ): Promise<Kind> {
    const ref = refOf(resource, draft);
    const path = collectionPath(resource, draft.metadata.namespace);
    const request: Request = { method: "POST", path, query: queryOf(writing), body: draft };
    return this.#object(ref, "create", request, (there) => holds(there, draft));
  }

  /**
   * Only over the version that was read (`metadata.resourceVersion`). After a lost reply, one that
   * has all that was asked for is replaced.
   */
  async replace<Kind extends KubeObject>(
    ref: Ref<Kind>,
    object: Kind,
    writing: Writing = {},
  ): Promise<Kind> {
    const path = objectPath(ref);
    const request: Request = { method: "PUT", path, query: queryOf(writing), body: object };
    const { resourceVersion: _, managedFields: __, ...metadata } = object.metadata;
    return this.#object(ref, "update", request, (there) => holds(there, { ...object, metadata }));
  }

  /**
   * With a `test` of the value before, it cannot be done twice. After a lost reply, an object that
   * is as the patch leaves it is patched.
   */
  async patch<Kind extends KubeObject>(
    ref: Ref<Kind>,
    operations: readonly PatchOperation[],
    writing: Writing = {},
  ): Promise<Kind> {
    const request = patchOf(ref, "json", operations, queryOf(writing));
    return this.#object(ref, "patch", request, (there) => isPatched(there, operations));
  }

  /** Done twice it is as done once; with `metadata.resourceVersion` over that version alone. */
  async merge<Kind extends KubeObject>(
    ref: Ref<Kind>,
    change: object,
    writing: Writing = {},
  ): Promise<Kind> {
    const request = patchOf(ref, "merge", change, queryOf(writing));
    const { metadata: { resourceVersion: _, ...metadata } = {}, ...rest } = change as Change;
    const wanted = { ...rest, metadata };
    return this.#object(ref, "patch", request, (there) => holds(there, withoutNulls(wanted)));
  }

  /**
   * Server-side apply: the manager owns what it says, and nothing else. Done twice it is as done
   * once. `force` takes fields from others; without it that is a conflict.
   */
  async apply<Kind extends KubeObject>(
    ref: Ref<Kind>,
    change: object,
    { force = false, ...writing }: Writing & { force?: boolean } = {},
  ): Promise<Kind> {
    const { apiVersion, kind } = ref.resource;
    const { metadata, ...rest } = change as Change;
    const place = { name: ref.name, ...(ref.namespace && { namespace: ref.namespace }) };
    const body = { apiVersion, kind, ...rest, metadata: { ...metadata, ...place } };
    const query = { ...queryOf(writing), force };
    return this.#object(ref, "patch", patchOf(ref, "apply", body, query));
  }

  /**
   * Deletes the one object that has this uid, never another of the same name. `gone` when there is
   * none any more, by whomever.
   */
  async remove(
    ref: Ref,
    uid: string,
    propagation: Propagation = "Background",
  ): Promise<"deleting" | "gone"> {
    const body = { preconditions: { uid }, propagationPolicy: propagation };
    const doing = { verb: "delete", name: nameOf(ref) };
    const outcome = await this.#wire.send({ method: "DELETE", path: objectPath(ref), body }, doing);
    return this.#deleted(outcome, doing);
  }

  /**
   * Evicts the one pod that has this uid, as far as its disruption budgets allow: otherwise the
   * answer is what they say.
   */
  async evict(pod: Pod): Promise<"deleting" | "gone" | { refused: string }> {
    const { name, namespace = "default", uid } = pod.metadata;
    const ref = { resource: pods, name, namespace };
    const body = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name, namespace },
      deleteOptions: { preconditions: { uid } },
    };
    const doing = { verb: "evict", name: nameOf(ref) };
    const path = `${objectPath(ref)}/eviction`;
    const outcome = await this.#wire.send({ method: "POST", path, body }, doing);
    if ("refusal" in outcome && isBudget(outcome.refusal))
      return { refused: budgetWords(outcome.refusal) };
    return this.#deleted(outcome, doing);
  }

  /** The end of what a container wrote; nothing when it has not started. */
  async logs(
    { name, namespace }: { name: string; namespace: string },
    {
      lines = 50,
      container,
      previous,
    }: { lines?: number; container?: string; previous?: boolean } = {},
  ): Promise<string[]> {
    const ref = { resource: pods, name, namespace };
    const doing = { verb: "read the log of", name: nameOf(ref) };
    const query = { tailLines: lines, limitBytes: LOG_BYTES, container, previous };
    const request: Request = { method: "GET", path: `${objectPath(ref)}/log`, query };
    const outcome = await this.#wire.send(request, doing, LOG_PATIENCE_MS);
    if ("refusal" in outcome && outcome.refusal.code === 400) return [];
    return this.#answered(outcome, doing).split("\n").filter(Boolean);
  }

  /** What has happened to one object, the latest last. */
  eventsOf({ metadata: { uid, namespace } }: KubeObject): Promise<Event[]> {
    return this.#events(namespace, `involvedObject.uid=${uid}`);
  }

  /** The same of whatever has had that name. */
  eventsNamed({ resource, name, namespace }: Ref): Promise<Event[]> {
    const fields = [`involvedObject.kind=${resource.kind}`, `involvedObject.name=${name}`];
    return this.#events(namespace, fields.join(","));
  }

  async #events(namespace = "default", fields: string): Promise<Event[]> {
    const found = await this.list(events, { namespace, fields });
    const time = ({ lastTimestamp, eventTime, metadata }: Event) =>
      lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
    return found.sort((a, b) => (time(a) < time(b) ? -1 : 1));
  }

  /** Something that is no object of a kind: a version, a list of kinds. */
  async read<Answer>(path: string): Promise<Answer> {
    const doing = { verb: "get", name: path };
    const outcome = await this.#wire.send({ method: "GET", path }, doing);
    return JSON.parse(this.#answered(outcome, doing)) as Answer;
  }

  /**
   * The object that a request answers. Where an earlier try may have been carried out and this one
   * is refused because of it, what is there now decides.
   */
  async #object<Kind extends KubeObject>(
    ref: Ref<Kind>,
    verb: string,
    request: Request,
    isDone: (there: Kind) => boolean = () => false,
  ): Promise<Kind> {
    const doing = { verb, name: nameOf(ref) };
    const outcome = await this.#wire.send(request, doing);
    if ("refusal" in outcome && outcome.uncertain && isCollision(outcome.refusal)) {
      const there = await this.find(ref);
      if (there && isDone(there)) return there;
    }
    return JSON.parse(this.#answered(outcome, doing)) as Kind;
  }

  #answered(outcome: Outcome, doing: { verb: string; name: string }): string {
    if ("answer" in outcome) return outcome.answer.body;
    throw explain(outcome.refusal, doing, this.connection);
  }

  /** A uid that is no longer there is a conflict: another object has the name. */
  #deleted(outcome: Outcome, doing: { verb: string; name: string }): "deleting" | "gone" {
    if ("answer" in outcome) return "deleting";
    const { refusal } = outcome;
    if (refusal.is("NotFound")) return "gone";
    if (refusal.is("Conflict") && /uid/i.test(refusal.message)) return "gone";
    throw explain(refusal, doing, this.connection);
  }
}

/** A node cuts off what is more, at its end: the cause, behind settings that fill a line. */
const LOG_BYTES = 4 * 1024 * 1024;

/** A node that does not answer is a reason to go on without its log. */
const LOG_PATIENCE_MS = 5_000;

type Page<Kind> = { items: Kind[]; metadata?: { continue?: string } };
