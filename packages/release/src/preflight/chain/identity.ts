import { type Hex, peerIdOf, publicHalfOf } from "@playbook/axon";
import type { ValidatorSet } from "@playbook/bft";
import { error, type Finding, warning } from "../finding.ts";
import { checkUsedKeys } from "../keys/used-keys.ts";
import { containersOf, type Manifest, podSpecOf, type Volume } from "../manifest.ts";
import { isIn, type Places, shortened } from "./places.ts";
import { leadOf, type Neighbourhood, type Post, type postsAfter } from "./posts.ts";

/** A peer that some file names: where it is, and the name that it has to show. */
export type Bootstrap = { host: string; peerId: string };

const ADDRESS = /\/(?:dns|ip)[46]\/([^/"'\s]+)\/[^"'\s,;]*?\/p2p\/(\w+)/g;

/**
 * The bootstraps of all that is rendered, each once: in files, and in what containers are given.
 */
export function bootstrapsIn(manifests: readonly Manifest[]): Bootstrap[] {
  const texts = manifests.flatMap((one) => [
    ...Object.values(one.data ?? {}).map((text) => (one.kind === "Secret" ? decoded(text) : text)),
    ...Object.values(one.stringData ?? {}),
    ...containersOf(podSpecOf(one) ?? { containers: [] }).flatMap(({ env, command, args }) =>
      JSON.stringify([env, command, args]),
    ),
  ]);
  const found = texts.flatMap((text) =>
    [...`${text}`.matchAll(ADDRESS)].map(([, host = "", peerId = ""]) => ({ host, peerId })),
  );
  return [...new Map(found.map((one) => [`${one.host} ${one.peerId}`, one])).values()];
}

/** Validators that every address of leads out of this release. */
export function elsewhereIn(
  set: ValidatorSet,
  bootstraps: readonly Bootstrap[],
  neighbourhood: Neighbourhood,
): Set<string> {
  const isElsewhere = (id: string) => {
    const own = bootstraps.filter(({ peerId }) => peerId === peerOf(id));
    const isOut = ({ host }: Bootstrap) => leadOf(host, neighbourhood) === "elsewhere";
    return own.length > 0 && own.every(isOut);
  };
  return new Set(set.filter(({ id }) => isElsewhere(id)).map(({ id }) => id));
}

/** Whether all that says which validator a pod is says the same. */
export function checkIdentities(
  after: ReturnType<typeof postsAfter>,
  bootstraps: readonly Bootstrap[],
  neighbourhood: Neighbourhood,
): Finding[] {
  return [
    ...checkClaims(after),
    ...after.flatMap(checkSaid),
    ...checkPeers(after, bootstraps, neighbourhood),
    ...after.flatMap((post) => checkMarked(post, neighbourhood)),
    ...checkLost(after, bootstraps, neighbourhood),
    ...checkKeys(after, neighbourhood),
  ];
}

function checkClaims(after: readonly Post[]): Finding[] {
  const first = new Map<string, string>();
  return after.flatMap(({ pod, id }) => {
    const other = id && first.get(id);
    if (id && !other) first.set(id, pod);
    if (!id || !other) return [];
    const why =
      `It is said to be ${shortened(id)}, and so is ${other}: two that sign with one key sign ` +
      "two blocks at one height; and if one is not, its vote is not seen.";
    const next = `Give each its own in axon/public-key or "public-keys".`;
    return [error("one-key-twice", pod, why, next)];
  });
}

function checkSaid({ pod, id, said }: ReturnType<typeof postsAfter>[0]): Finding[] {
  if (!said || said === id) return [];
  const why = `"public-keys" says ${shortened(id)}, the annotation axon/public-key ${shortened(said)}.`;
  return [error("identity-disputed", pod, why, "Take away the one that is wrong.")];
}

/** A rollout that takes one validator for another lets go whose vote is needed. */
function checkPeers(
  after: readonly Post[],
  bootstraps: readonly Bootstrap[],
  neighbourhood: Neighbourhood,
): Finding[] {
  const pods = new Map(after.map((post) => [peerOf(post.id), post.pod]));
  return bootstraps.flatMap(({ host, peerId }) => {
    const lead = leadOf(host, neighbourhood);
    const post = typeof lead === "object" ? after.find(({ pod }) => pod === lead.pod) : undefined;
    if (!post?.id || peerOf(post.id) === peerId) return [];
    const whose = pods.get(peerId);
    const why =
      `It is said to be ${shortened(post.id)}, whose peer id is ${peerOf(post.id)}. The ` +
      `configuration has ${peerId} at ${host}${whose ? `, which is ${whose}'s` : ""}.`;
    const next =
      "Correct the peer id of that bootstrap, or the public key of the " +
      'pod (axon/public-key, "public-keys").';
    return [error("peer-id-differs", post.pod, why, next)];
  });
}

const PEER_ID = /(?:^|[./_-])peer[._-]?id$/i;

/** What a set or its pods are marked with is of whom they are said to be. */
function checkMarked({ pod, set: name, id }: Post, { sets }: Neighbourhood): Finding[] {
  const set = sets.find(({ metadata }) => metadata.name === name);
  const own = peerOf(id);
  if (!set || !own || (set.spec.replicas ?? 1) > 1) return [];
  const marks = [set.metadata, set.spec.template.metadata ?? {}].flatMap(
    ({ annotations, labels }) => Object.entries({ ...annotations, ...labels }),
  );
  const wrong = marks.find(([mark, value]) => PEER_ID.test(mark) && value !== own);
  if (!wrong) return [];
  const [mark, value] = wrong;
  const why = `It is said to be ${shortened(id)}, whose peer id is ${own}. Its ${mark} is ${value}.`;
  const next = `Correct ${mark}, or the public key of the pod (axon/public-key, "public-keys").`;
  return [error("peer-id-differs", pod, why, next)];
}

/** Validators that every address of names a pod that there is not: others never find them there. */
function checkLost(
  after: readonly Post[],
  bootstraps: readonly Bootstrap[],
  neighbourhood: Neighbourhood,
): Finding[] {
  const lost = after.flatMap(({ pod, id }) => {
    const own = bootstraps.filter(({ peerId }) => peerId === peerOf(id));
    const isLost =
      own.length > 0 && own.every(({ host }) => leadOf(host, neighbourhood) === "nobody");
    return isLost ? own.slice(0, 1).map(({ host }) => ({ pod, host })) : [];
  });
  const level = lost.length === after.length ? error : warning;
  return lost.map(({ pod, host }) => {
    const why = `The configuration looks for it at ${host}, and no pod of the release is called so.`;
    const next = "Name the pod and its service as they are rendered: <pod>.<serviceName>.";
    return level("peer-nowhere", pod, why, next);
  });
}

/** What is known of the files that nodes read counts before what their pods mount beside. */
function checkKeys(after: readonly Post[], neighbourhood: Neighbourhood): Finding[] {
  const used = checkUsedKeys(after, neighbourhood);
  const isTold = (pod: string) => used.some(({ at }) => at === pod);
  return [...used, ...checkSecrets(after, neighbourhood).filter(({ at }) => !isTold(at))];
}

/** Pods that mount a rendered Secret with a known validator's key, and not with their own. */
function checkSecrets(after: readonly Post[], { manifests, sets }: Neighbourhood): Finding[] {
  const owners = new Map(after.flatMap(({ id, pod }) => (id ? [[id, pod] as const] : [])));
  return after.flatMap(({ pod, set: name, id }) => {
    const set = sets.find(({ metadata }) => metadata.name === name);
    const names = set?.spec.template.spec.volumes?.flatMap(secretsOf) ?? [];
    const held = manifests
      .filter(({ kind, metadata }) => kind === "Secret" && names.includes(metadata.name))
      .flatMap(publicKeysIn)
      .filter((key) => owners.has(key));
    const [other] = held;
    if (!id || !other || held.includes(id as Hex)) return [];
    const why = `It is said to be ${shortened(id)}, and mounts the key of ${owners.get(other)}.`;
    const next = "Mount its own, or correct the public key that it is said to have.";
    return [error("key-of-another", pod, why, next)];
  });
}

function secretsOf({ secret, projected }: Volume): string[] {
  const parts = projected?.sources?.map((source) => source.secret?.name) ?? [];
  return [secret?.secretName, ...parts].filter((name) => name !== undefined);
}

/** The public halves of what may be network keys in a Secret. */
function publicKeysIn({ data, stringData }: Manifest): Hex[] {
  const files = [
    ...Object.values(data ?? {}).map((text) => Buffer.from(`${text}`, "base64")),
    ...Object.values(stringData ?? {}).map((text) => Buffer.from(`${text}`)),
  ];
  return files.flatMap((bytes) => {
    const [, digits] = /^\s*(?:0x)?([0-9a-fA-F]{64})\s*$/.exec(bytes.toString("latin1")) ?? [];
    const net = digits ? Buffer.from(digits, "hex") : bytes;
    return net.length === 32 ? publicKeyOf(Uint8Array.from(net)) : [];
  });
}

const SOME_KEY = Uint8Array.from({ length: 32 }, (_, index) => (index === 31 ? 1 : 0));

function publicKeyOf(net: Uint8Array): Hex[] {
  try {
    return [publicHalfOf({ net, bls: SOME_KEY }).publicKey];
  } catch {
    return [];
  }
}

/**
 * Pods that are said to be nobody of the chain's, while there is a validator whom no pod is said to
 * be: it votes, and the rollout would not count it.
 */
export function checkStrangers(
  set: ValidatorSet,
  founders: ValidatorSet,
  { before, after, elsewhere }: Places,
  isThere: boolean,
): Finding[] {
  const known = new Set([...before, ...after].map(({ id }) => id));
  const missing = set.filter(({ id }) => !known.has(id) && !elsewhere.has(id));
  if (missing.length === 0) return [];
  const hadOne = ({ pod }: Post) => before.some((post) => post.pod === pod);
  return after
    .filter(({ id }) => id && !isIn(set, id) && !isIn(founders, id))
    .filter((post) => !isThere || hadOne(post))
    .map(({ pod, id }) => {
      const why =
        `It is said to be ${shortened(id)}, which is no validator's; ${missing.length} of the ` +
        `chain's are said to be nowhere: ${missing.map((one) => shortened(one.id)).join(", ")}.`;
      const next =
        'Correct its public key (axon/public-key, "public-keys"); of validators that run ' +
        "elsewhere, name the addresses among the bootstraps.";
      return error("key-unknown", pod, why, next);
    });
}

function decoded(base64: string): string {
  return Buffer.from(`${base64}`, "base64").toString();
}

function peerOf(id: string | undefined): string | undefined {
  return id && /^0x[0-9a-f]{66}$/i.test(id) ? peerIdOf(id as Hex) : undefined;
}
