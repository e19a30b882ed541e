import type { Context } from "@playbook/action";
import type { Address } from "@playbook/evm";
import {
  type AnnouncedPlace,
  announcementOf,
  anybody,
  type BucketPlace,
  type BucketSight,
  lookAtSignature,
  lookIntoBucket,
  type NewestSignature,
  newestPlace,
  type OriginSight,
  placeOf,
  type Quorum,
  type SeenQuorum,
} from "@playbook/hyperlane";
import { type KubeClient, type Pod, pods, type StatefulSet, statefulSets } from "@playbook/kube";
import { isObserved, Troubles } from "@playbook/rollout";
import type { Chains } from "./chains.ts";
import type { Entry } from "./entry.ts";
import type { AgentSight, PodSight, Sight } from "./sight.ts";

const AGENTS = "app.kubernetes.io/name=hyperlane-agent";
const REVISION = "controller-revision-hash";

const ABSENT: PodSight = { isReady: false, trouble: null, lacksChain: false };

export type Parts = {
  kube: KubeClient;
  namespace: string;
  chains: Chains;
  /** Chains whose modules may be such that they are not known. */
  allowUnknownIsms: readonly string[];
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
    const { chains, kube, namespace, allowUnknownIsms } = this.#parts;
    const [destinations, sets, all] = await Promise.all([
      chains.destinations(),
      kube.list(statefulSets, { namespace, labels: AGENTS }),
      kube.list(pods, { namespace, labels: AGENTS }),
    ]);
    const { quorums } = destinations;
    const others = strangersIn(quorums, entries);
    const origins = await chains.origins((chain) => [...addressesOf(chain, entries), ...others]);
    const unreached = new Set(chains.unreached.map(({ chain }) => chain));
    const seen = { sets, all, origins, unreached };
    const [agents, strangers] = await Promise.all([
      Promise.all(entries.map((entry) => this.#agent(entry, seen))),
      this.#strangers(others, origins),
    ]);
    return {
      ...{ agents, quorums, unreached: chains.unreached },
      strangers: strangers.filter(({ signs }) => signs).map(({ address }) => address),
      flagged: countedOn(strangers, quorums, chains),
      unknown: destinations.unknown.filter(({ chain }) => !allowUnknownIsms.includes(chain)),
    };
  }

  async #agent(entry: Entry, { sets, all, origins, unreached }: Seen): Promise<AgentSight> {
    const set = sets.find(({ metadata }) => metadata.name === entry.name);
    const pod = all.find(({ metadata }) => metadata.name === `${entry.name}-0`);
    const seen = await this.#pod(set, pod);
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
      ...announcementOf(place, announced),
      ...{ latest, before: this.#before(pod, latest), count: countIn(origin) },
      newest: await this.#newest(entry.group, origin, { place, address: entry.address }),
    };
    return { entry, ...seen, bucket, signing, isUnseen };
  }

  #before(pod: Pod | undefined, latest: number | null): number | null {
    if (!pod) return null;
    const { uid } = pod.metadata;
    if (!this.#first.has(uid)) this.#first.set(uid, latest);
    return this.#first.get(uid) ?? null;
  }

  async #pod(set: StatefulSet | undefined, pod: Pod | undefined): Promise<PodSight> {
    const { kube, context } = this.#parts;
    const trouble = await this.#troubles.lastingIn(kube, pod, context.clock.now());
    if (!set || !pod || !isObserved(set)) return ABSENT;
    const { labels = {}, deletionTimestamp } = pod.metadata;
    const isNew = labels[REVISION] === set.status?.updateRevision;
    const ready = pod.status?.conditions?.find(({ type }) => type === "Ready");
    const isThere = isNew && !deletionTimestamp;
    const isReady = isThere && ready?.status === "True";
    const isStarted = pod.status?.containerStatuses?.every(({ started }) => started) ?? false;
    // An old pod's trouble is what the new one is to mend.
    return {
      isReady,
      trouble: isNew ? trouble : null,
      lacksChain: isThere && !isReady && isStarted,
    };
  }

  #bucket(place: AnnouncedPlace): Promise<BucketSight> {
    return lookIntoBucket(place, anybody(this.#parts.context));
  }

  async #newest(
    chain: string,
    { tree }: OriginSight,
    { place, address }: { place: AnnouncedPlace; address: Address },
  ): Promise<NewestSignature> {
    if (!tree) return { isThere: false };
    const { merkleTreeHook, domainId, chainId } = this.#parts.chains.named(chain);
    const right = { merkleTreeHook, domain: domainId ?? chainId, ...tree };
    return lookAtSignature(place, address, right, anybody(this.#parts.context));
  }

  /** Those of others, by what is where they have announced that their signatures are. */
  async #strangers(
    others: readonly Address[],
    origins: Map<string, OriginSight>,
  ): Promise<Stranger[]> {
    const found = [...origins].flatMap(([chain, origin]) =>
      others.flatMap((address) => {
        const place = placeOf(newestPlace(origin.announced.get(address) ?? []) ?? "");
        return place ? [this.#stranger(chain, origin, { place, address })] : [];
      }),
    );
    return Promise.all(found);
  }

  async #stranger(
    chain: string,
    origin: OriginSight,
    at: { place: AnnouncedPlace; address: Address },
  ): Promise<Stranger> {
    const { address, place } = at;
    const sight = await this.#bucket(place).catch(() => undefined);
    const isFlagged = sight?.isFlagged ?? false;
    if (!sight || isFlagged) return { address, chain, isFlagged, signs: false };
    const newest = await this.#newest(chain, origin, at);
    const signs = origin.tree === null || (newest.isThere && newest.flaw === null);
    return { address, chain, isFlagged, signs };
  }
}

/** Somebody else's validator of a chain. */
type Stranger = { address: Address; chain: string; isFlagged: boolean; signs: boolean };

const countIn = ({ tree }: OriginSight) => (tree ? tree.index + 1 : 0);

/** Those with a flag whom sets of their chain count on: relayers refuse what these judge. */
function countedOn(
  strangers: readonly Stranger[],
  quorums: readonly SeenQuorum[],
  chains: Chains,
): Address[] {
  const judging = ({ address, chain }: Stranger) => {
    const { domainId, chainId } = chains.named(chain);
    return quorums.some(({ isCurrent, origin, validators }) => {
      const isOfIt = origin === undefined || origin === (domainId ?? chainId);
      return isCurrent && isOfIt && validators.includes(address);
    });
  };
  const flagged = strangers.filter((one) => one.isFlagged && judging(one));
  return [...new Set(flagged.map(({ address }) => address))];
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
  const place = wanted?.needs.bucket ?? placeOf(newestPlace(announced) ?? "");
  // What the chart installs signs in S3.
  return place && "google" in place ? undefined : place;
}
