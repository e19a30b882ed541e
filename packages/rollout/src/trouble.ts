import { ActionError } from "@playbook/action";
import type { ContainerStatus, Event, KubeClient, KubeObject, Pod } from "@playbook/kube";
import type { Post } from "./layout.ts";

/** A pod's trouble: what Kubernetes says of it, and for how long it may say so, in milliseconds. */
export type Trouble = { reason: string; text: string; patience: number };

const SECOND = 1000;

/** Nobody mends these but a person; a registry or a secret store may need a moment. */
const PATIENCE: Record<string, number> = {
  InvalidImageName: 0,
  CrashLoopBackOff: 0,
  CreateContainerError: 30 * SECOND,
  CreateContainerConfigError: 60 * SECOND,
  RunContainerError: 30 * SECOND,
  ErrImagePull: 30 * SECOND,
  ImagePullBackOff: 30 * SECOND,
};

/** What is not in a registry is not there a moment later either, unless somebody is pushing it. */
const ABSENT = /\bnot found\b|manifest unknown/i;
const ABSENT_PATIENCE = 10 * SECOND;

/** A node without room may get some when others end, and autoscalers say within it what they do. */
const UNSCHEDULABLE = 180 * SECOND;

/** A node that is being made joins in two to six minutes; autoscalers themselves wait for 15. */
const NODE_COMING = 600 * SECOND;

const COMING = { is: "and the one that was to be made has not come", patience: NODE_COMING };
const NONE = { is: "and none is made for it", patience: UNSCHEDULABLE };

/** What cluster-autoscaler and Karpenter say of a pod. */
const SCALING = new Map([
  ["TriggeredScaleUp", COMING],
  ["Nominated", COMING],
  ["NotTriggerScaleUp", NONE],
]);

/** A node may well end once before its peers have come up. */
const RESTARTS = 3;

/**
 * Why a pod does not come up; null when nothing says that it will not. What its events say, the
 * last one last, is looked at where no node takes it.
 */
export function troubleOf({ status }: Pod, events: readonly Event[] = []): Trouble | null {
  const placed = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (placed?.status === "False" && placed.reason === "Unschedulable") {
    return unplaced(placed.message ?? "nothing more is said", events);
  }
  const containers = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ];
  return containers.map(troubleIn).find((trouble) => trouble !== null) ?? null;
}

function unplaced(why: string, events: readonly Event[]): Trouble {
  const last = events.findLast(({ reason = "" }) => SCALING.has(reason));
  const scaling = SCALING.get(last?.reason ?? "");
  const more = scaling ? `, ${scaling.is} (${last?.reason}: ${last?.message})` : "";
  const { patience } = scaling ?? { patience: UNSCHEDULABLE };
  return { reason: "Unschedulable", text: `No node takes it${more}: ${why}`, patience };
}

function troubleIn({ name, state, restartCount }: ContainerStatus): Trouble | null {
  const { reason, message = "" } = state?.waiting ?? {};
  const known = reason === undefined ? undefined : PATIENCE[reason];
  if (reason === undefined || known === undefined) return null;
  if (reason === "CrashLoopBackOff" && restartCount < RESTARTS) return null;
  const isAbsent = kindOf(reason) === "ImagePullBackOff" && ABSENT.test(message);
  const patience = isAbsent ? ABSENT_PATIENCE : known;
  const often = restartCount > 0 ? ` after ${restartCount} restarts` : "";
  return { reason, text: `${name} is in ${reason}${often}. ${message}`.trim(), patience };
}

/** A quota may have room again in a moment, and a webhook be back. */
const UNMADE = 30 * SECOND;

/** What a controller says of a pod that it has made, or could not make. */
const MAKING = ["FailedCreate", "SuccessfulCreate"];

/** Why a set makes no pod of that name, by its events, the last one last; null when it makes it. */
export function unmadeOf(pod: string, events: readonly Event[]): string | null {
  const last = events.findLast((one) => MAKING.includes(one.reason ?? "") && isAbout(one, pod));
  return last?.reason === "FailedCreate" ? `It is not made. ${last.message}` : null;
}

/** Whether an event of a set is about that pod of its. */
export function isAbout({ message = "" }: Event, pod: string): boolean {
  return message.includes(`Pod ${pod} `);
}

/** Remembers since when pods are in trouble: what passes by itself is none. */
export class Troubles {
  readonly #since = new Map<string, number>();

  /** The text of a trouble that has lasted longer than it may; null otherwise. */
  lasting(pod: Pod | undefined, now: number, events: readonly Event[] = []): string | null {
    const trouble = pod && troubleOf(pod, events);
    if (!pod || !trouble) return null;
    const key = `${pod.metadata.uid}/${kindOf(trouble.reason)}`;
    const since = this.#since.get(key) ?? now;
    this.#since.set(key, since);
    return now - since >= trouble.patience ? trouble.text : null;
  }

  /** The same; before one that no node takes is given up, its events are asked for a new node. */
  async lastingIn(kube: KubeClient, pod: Pod | undefined, now: number): Promise<string | null> {
    const text = this.lasting(pod, now);
    if (!pod || text === null || troubleOf(pod)?.reason !== "Unschedulable") return text;
    return this.lasting(pod, now, await eventsOf(kube, pod));
  }

  /** The same of a place; before a pod that is not there is given up, its set's events are read. */
  async lastingAt(
    kube: KubeClient,
    { place: { set, pod: name }, pod }: Pick<Post, "place" | "pod">,
    now: number,
  ): Promise<string | null> {
    const { uid, generation } = set.metadata;
    // What its set could not make before it was changed is no trouble of what it is now.
    const key = `${uid}/${generation}/${name}`;
    if (pod) {
      this.#since.delete(key);
      return this.lastingIn(kube, pod, now);
    }
    const since = this.#since.get(key) ?? now;
    this.#since.set(key, since);
    return now - since < UNMADE ? null : unmadeOf(name, await eventsOf(kube, set));
  }
}

/** Who may not read events waits as if there were none. */
async function eventsOf(kube: KubeClient, object: KubeObject): Promise<Event[]> {
  try {
    return await kube.eventsOf(object);
  } catch (error) {
    if (error instanceof ActionError && error.code === "kube-forbidden") return [];
    throw error;
  }
}

/** A pull that fails is told in turns as the failure and as the pause after it. */
function kindOf(reason: string): string {
  return reason === "ErrImagePull" ? "ImagePullBackOff" : reason;
}
