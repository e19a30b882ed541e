import type { Context } from "@playbook/action";
import { ownEndpoint } from "@playbook/aws";
import type { Address } from "@playbook/evm";
import {
  announcedAs,
  type BucketPlace,
  type BucketSight,
  lookIntoBucket,
  type OriginSight,
  placeOf,
  type Quorum,
} from "@playbook/hyperlane";
import { type KubeClient, type Pod, pods, type StatefulSet, statefulSets } from "@playbook/kube";
import { isObserved, Troubles } from "@playbook/rollout";
import type { Chains } from "./chains.ts";
import type { Entry } from "./entry.ts";
import type { AgentSight, PodSight, Sight } from "./sight.ts";

const AGENTS = "app.kubernetes.io/name=hyperlane-agent";
const REVISION = "controller-revision-hash";

export type Parts = {
  kube: KubeClient;
  namespace: string;
  chains: Chains;
  context: Context;
};

/** What was seen of all agents at one moment. */
type Seen = {
  sets: StatefulSet[];
  all: Pod[];
  origins: Map<string, OriginSight>;
  unreached: ReadonlySet<string>;
};

/** Looks at pods, chains and buckets, again and again. */
export class Watch {
  readonly #parts: Parts;
  readonly #troubles = new Troubles();
  /** The newest checkpoint when a pod was first seen, by the pod's uid. */
  readonly #first = new Map<string, number | null>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The tree is counted before the buckets are read: what came in between is nobody's fault. */
  async look(entries: readonly Entry[]): Promise<Sight> {
    const { chains, kube, namespace } = this.#parts;
    const [quorums, sets, all] = await Promise.all([
      chains.quorums(),
      kube.list(statefulSets, { namespace, labels: AGENTS }),
      kube.list(pods, { namespace, labels: AGENTS }),
    ]);
    const others = strangersIn(quorums, entries);
    const origins = await chains.origins((chain) => [...addressesOf(chain, entries), ...others]);
    const unreached = new Set(chains.unreached.map(({ chain }) => chain));
    const seen = { sets, all, origins, unreached };
    const [agents, strangers] = await Promise.all([
      Promise.all(entries.map((entry) => this.#agent(entry, seen))),
      this.#signing(others, origins),
    ]);
    return { agents, quorums, strangers, unreached: chains.unreached };
  }

  async #agent(entry: Entry, { sets, all, origins, unreached }: Seen): Promise<AgentSight> {
    const set = sets.find(({ metadata }) => metadata.name === entry.name);
    const pod = all.find(({ metadata }) => metadata.name === `${entry.name}-0`);
    const seen = this.#pod(set, pod);
    const origin = origins.get(entry.group);
    const isUnseen = entry.kind === "validator" && unreached.has(entry.group);
    const announced = origin?.announced.get(entry.address) ?? [];
    const place = bucketOf(entry, announced);
    if (!place) return { entry, ...seen, bucket: null, signing: null, isUnseen };

    const bucket = await this.#bucket(place);
    if (!origin) return { entry, ...seen, bucket, signing: null, isUnseen };
    const { latest } = bucket;
    const signing = {
      isReady: seen.isReady,
      isAnnounced: announced.includes(announcedAs(place)),
      ...{ latest, before: this.#before(pod, latest), count: origin.count },
    };
    return { entry, ...seen, bucket, signing, isUnseen };
  }

  #before(pod: Pod | undefined, latest: number | null): number | null {
    if (!pod) return null;
    const { uid } = pod.metadata;
    if (!this.#first.has(uid)) this.#first.set(uid, latest);
    return this.#first.get(uid) ?? null;
  }

  #pod(set: StatefulSet | undefined, pod: Pod | undefined): PodSight {
    const trouble = this.#troubles.lasting(pod, this.#parts.context.clock.now());
    if (!set || !pod || !isObserved(set)) return { isReady: false, trouble: null };
    const { labels = {}, deletionTimestamp } = pod.metadata;
    const isNew = labels[REVISION] === set.status?.updateRevision;
    const ready = pod.status?.conditions?.find(({ type }) => type === "Ready");
    const isReady = isNew && !deletionTimestamp && ready?.status === "True";
    // An old pod's trouble is what the new one is to mend.
    return { isReady, trouble: isNew ? trouble : null };
  }

  #bucket(place: BucketPlace): Promise<BucketSight> {
    return lookIntoBucket(place, { endpoint: ownEndpoint("s3"), context: this.#parts.context });
  }

  /** Those of others whose signatures are where they have announced them. */
  async #signing(
    others: readonly Address[],
    origins: Map<string, OriginSight>,
  ): Promise<Address[]> {
    const found = [...origins.values()].flatMap(({ announced, count }) =>
      others.flatMap((address) => {
        const place = placeOf(announced.get(address)?.at(-1) ?? "");
        return place ? [{ address, place, count }] : [];
      }),
    );
    const signing = await Promise.all(
      found.map(async ({ address, place, count }) => {
        const sight = await this.#bucket(place).catch(() => undefined);
        if (!sight || sight.isFlagged) return [];
        return count === 0 || (sight.latest ?? -1) >= count - 1 ? [address] : [];
      }),
    );
    return signing.flat();
  }
}

function addressesOf(chain: string, entries: readonly Entry[]): Address[] {
  return entries
    .filter(({ kind, group }) => kind === "validator" && group === chain)
    .map(({ address }) => address);
}

function strangersIn(quorums: readonly Quorum[], entries: readonly Entry[]): Address[] {
  const own = new Set(entries.map(({ address }) => address));
  const all = quorums.flatMap(({ validators }) => validators);
  return [...new Set(all)].filter((one) => !own.has(one));
}

/** Of one that retires it is known by what it has announced. */
function bucketOf({ kind, wanted }: Entry, announced: readonly string[]): BucketPlace | undefined {
  if (kind !== "validator") return undefined;
  return wanted?.needs.bucket ?? placeOf(announced.at(-1) ?? "");
}
