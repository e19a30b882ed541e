import { ActionError, type Context } from "@playbook/action";
import {
  type KubeClient,
  type KubeObject,
  type Pod,
  pods,
  type Resource,
  statefulSets,
  until,
} from "@playbook/kube";
import { isSelected, type LabelSelector, Troubles } from "@playbook/rollout";
import { type Finding, warning } from "./preflight/finding.ts";
import { isHook } from "./preflight/hooks.ts";
import { isOwn, type Manifest, nameOf } from "./preflight/manifest.ts";
import { isIn } from "./preflight/namespaces.ts";
import type { Inputs, Prepared } from "./prepare.ts";

/** What runs pods of one kind, as its controller tells of them. */
export type Keeper = KubeObject & {
  spec: {
    replicas?: number;
    selector?: LabelSelector;
    updateStrategy?: { rollingUpdate?: { partition?: number } };
  };
  status?: { observedGeneration?: number; updatedReplicas?: number; readyReplicas?: number };
};

const deployments: Resource<Keeper> = {
  ...{ apiVersion: "apps/v1", kind: "Deployment", plural: "deployments", namespaced: true },
};

const KINDS: Record<string, Resource<Keeper>> = {
  StatefulSet: statefulSets as Resource<Keeper>,
  Deployment: deployments,
};

/** Between two looks. */
const PAUSE_MS = 2_000;

/** A keeper whose pods are not as they are to be. */
type Lack = { at: string; lacks: string; trouble: string | null };

/**
 * What of a release is not up beside its validators, once it has had the time. A rollout that has
 * changed those is done all the same.
 */
export async function othersLacking(
  { kube, manifests, sets }: Pick<Prepared, "kube" | "manifests" | "sets">,
  { namespace, patience }: Pick<Inputs, "namespace" | "patience">,
  context: Context,
): Promise<Finding[]> {
  const validators = new Set(sets.map(nameOf));
  const names = manifests
    .filter((one) => KINDS[one.kind] && isOwn(one) && isIn(one, namespace) && !isHook(one))
    .map(nameOf)
    .filter((name) => !validators.has(name));
  if (names.length === 0) return [];
  const watch = new Watch(kube, namespace, new Set(names));
  let seen: Lack[] = [];
  const look = async () => {
    seen = await watch.look(context.clock.now());
    return seen;
  };
  const isOver = (lacks: Lack[]) => lacks.every(({ trouble }) => trouble !== null);
  let told = "";
  const onLook = (lacks: Lack[]) => {
    const line = `waiting for ${lacks.map(({ at }) => at).join(", ")}`;
    if (line !== told) context.progress(line);
    told = line;
  };
  const what = "the pods beside the validators are ready";
  const waiting = { what, deadlineMs: patience, pauseMs: PAUSE_MS, context, onLook };
  await until(look, isOver, waiting).catch(unlessLate);
  return seen.map(lackingOf);
}

function unlessLate(error: unknown): void {
  if (!(error instanceof ActionError) || error.code !== "not-in-time") throw error;
}

class Watch {
  readonly #kube: KubeClient;
  readonly #namespace: string;
  readonly #names: ReadonlySet<string>;
  readonly #troubles = new Troubles();

  constructor(kube: KubeClient, namespace: string, names: ReadonlySet<string>) {
    this.#kube = kube;
    this.#namespace = namespace;
    this.#names = names;
  }

  async look(now: number): Promise<Lack[]> {
    const kinds = Object.entries(KINDS).filter(([kind]) =>
      [...this.#names].some((name) => name.startsWith(`${kind} `)),
    );
    const found = await Promise.all(kinds.map(([, resource]) => this.#list(resource)));
    const own = found.flat().filter((one) => this.#names.has(nameOf(one as Manifest)));
    const lacking = own.filter((one) => lackOf(one) !== null);
    if (lacking.length === 0) return [];
    const all = await this.#kube.list(pods, { namespace: this.#namespace });
    return Promise.all(lacking.map((one) => this.#lackOf(one, all, now)));
  }

  async #lackOf(keeper: Keeper, all: readonly Pod[], now: number): Promise<Lack> {
    const { selector } = keeper.spec;
    const own = all.filter(({ metadata }) => isSelected(selector, metadata.labels));
    const troubles = await Promise.all(own.map((pod) => this.#troubleOf(pod, now)));
    const trouble = troubles.find((one) => one !== null) ?? null;
    return { at: nameOf(keeper as Manifest), lacks: lackOf(keeper) ?? "", trouble };
  }

  async #troubleOf(pod: Pod, now: number): Promise<string | null> {
    const trouble = await this.#troubles.lastingIn(this.#kube, pod, now);
    return trouble && `${pod.metadata.name}: ${trouble}`;
  }

  /** A role that is for our own chart may not see Deployments. */
  async #list(resource: Resource<Keeper>): Promise<Keeper[]> {
    try {
      return await this.#kube.list(resource, { namespace: this.#namespace });
    } catch (error) {
      if (error instanceof ActionError && error.code === "kube-forbidden") return [];
      throw error;
    }
  }
}

/** What is missing until all of a keeper's pods are new and ready; null when nothing is. */
export function lackOf({ metadata, spec, status = {} }: Keeper): string | null {
  const { observedGeneration = 0, updatedReplicas: updated = 0, readyReplicas: ready = 0 } = status;
  if (observedGeneration < (metadata.generation ?? 0)) return "Its controller has not seen it yet.";
  const { replicas = 1, updateStrategy } = spec;
  const held = updateStrategy?.rollingUpdate?.partition ?? 0;
  const wanted = Math.max(0, replicas - held);
  if (updated >= wanted && ready >= replicas) return null;
  return `Of ${replicas} pods ${ready} are ready, and ${updated} of ${wanted} are new.`;
}

function lackingOf({ at, lacks, trouble }: Lack): Finding {
  const why = [lacks, trouble].filter(Boolean).join(" ");
  const next = "Look at its pods' events and logs. The validators are rolled out without it.";
  return warning("others-not-ready", at, why, next);
}
