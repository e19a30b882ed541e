import { isSelected, PUBLIC_KEY, podNameOf } from "@playbook/rollout";
import { type Manifest, type SetSpec, type StatefulSet, statefulSets } from "../manifest.ts";
import { isHelms } from "../sets/ownership.ts";

/** A place for a validator's pod, and whose it is; undefined where nobody says it. */
export type Post = { pod: string; set: string; id: string | undefined };

type Rendering = {
  /** The sets of validators, as they are rendered. */
  sets: readonly StatefulSet[];
  /** All sets that are there, by name. */
  live: ReadonlyMap<string, StatefulSet>;
  /** Pods to public keys, as the input says it. */
  named: ReadonlyMap<string, string>;
};

/** How many pods a set will have: Helm leaves what it never set as it is. */
function replicasAfter({ spec }: StatefulSet, live: StatefulSet | undefined): number {
  if (spec.replicas !== undefined && spec.replicas !== null) return spec.replicas;
  if (!live || isHelms(live, "replicas")) return 1;
  return live.spec.replicas ?? 1;
}

/** All places that there will be. `before` are those that are there, as far as they are known. */
export function postsAfter(
  { sets, live, named }: Rendering,
  before: readonly Post[] = [],
): (Post & { said: string | undefined })[] {
  return sets.flatMap((set) => {
    const count = replicasAfter(set, live.get(set.metadata.name));
    return Array.from({ length: count }, (_, at) => {
      const pod = podNameOf(set, at);
      const said = keyIn(set, count);
      const there = before.find((post) => post.pod === pod)?.id;
      const id = named.get(pod) ?? said ?? there;
      return { pod, set: set.metadata.name, said, id: id?.toLowerCase() };
    });
  });
}

/** The key that a set is rendered with: on itself where it has one pod, or on its pods. */
function keyIn({ metadata, spec }: StatefulSet, count: number): string | undefined {
  const template = spec.template.metadata as { annotations?: Record<string, string> } | undefined;
  const own = count === 1 ? metadata.annotations?.[PUBLIC_KEY] : undefined;
  return (own ?? template?.annotations?.[PUBLIC_KEY])?.toLowerCase();
}

/**
 * Where a bootstrap's address leads: to a pod, to the release without one, to nobody, or elsewhere.
 */
type Lead = { pod: string } | "own" | "nobody" | "elsewhere";

type Service = Manifest & { spec?: { selector?: Record<string, string> } };

const POD_NAME = "statefulset.kubernetes.io/pod-name";

/** Reads hosts by how Kubernetes names pods and services; what it cannot place is elsewhere. */
export function leadOf(host: string, place: Neighbourhood): Lead {
  const [first = "", second, third, fourth] = host.split(".");
  const isHere = (name: string | undefined) => [undefined, place.namespace].includes(name);
  const isInside = (after: string | undefined) => after === undefined || after === "svc";
  const isOfPods = place.sets.some(({ spec }) => second && spec.serviceName === second);
  if (isOfPods && isHere(third) && isInside(fourth)) {
    const found = place.posts.find(({ pod }) => pod === first);
    if (found) return { pod: found.pod };
    return podsIn(place.manifests).has(first) ? "own" : "nobody";
  }
  return isHere(second) && isInside(third) ? behind(first, place) : "elsewhere";
}

function podsIn(manifests: readonly Manifest[]): Set<string> {
  const pods = statefulSets(manifests).flatMap((set) =>
    Array.from({ length: set.spec.replicas ?? 1 }, (_, at) => podNameOf(set, at)),
  );
  return new Set(pods);
}

/** Where a service leads; one that is not rendered, to the set of its name. */
function behind(name: string, { manifests, sets, posts }: Neighbourhood): Lead {
  const service = manifests.find((one) => one.kind === "Service" && one.metadata.name === name);
  const found = service
    ? posts.filter((post) => isBehind(service as Service, post, sets))
    : posts.filter(({ set }) => set === name);
  const [only] = found;
  if (only && found.length === 1) return { pod: only.pod };
  return only || service ? "own" : "elsewhere";
}

export type Neighbourhood = {
  manifests: readonly Manifest[];
  sets: readonly StatefulSet[];
  posts: readonly Post[];
  namespace?: string | undefined;
};

function isBehind({ spec }: Service, post: Post, sets: readonly StatefulSet[]): boolean {
  const set = sets.find(({ metadata }) => metadata.name === post.set);
  const matchLabels = spec?.selector;
  if (!set || !matchLabels) return false;
  const labels: NonNullable<SetSpec["template"]["metadata"]>["labels"] = {
    ...set.spec.template.metadata?.labels,
    [POD_NAME]: post.pod,
  };
  return isSelected({ matchLabels }, labels);
}
