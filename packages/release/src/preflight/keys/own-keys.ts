import { posix } from "node:path";
import { error, type Finding, warning } from "../finding.ts";
import { containersOf, type Manifest } from "../manifest.ts";
import { diskOf } from "../pods/disks.ts";
import { Files, mountOf, sourcesOf } from "../pods/mounts.ts";
import { configsOf, dataPathIn } from "../pods/node-config.ts";
import {
  claimBehind,
  lineOf,
  nodeOf,
  runsNode,
  type Workload,
  workloadOf,
} from "../pods/workload.ts";
import { choosesByName, keysOf, type Own, textOf } from "./held-keys.ts";
import { type Part, Stores } from "./stores.ts";

export type Holder = {
  workload: Workload;
  keys: Own[];
  volumes: Own[];
  isValidator: boolean;
  choosesByName: boolean;
};

export type Known = {
  validators?: ReadonlySet<string>;
  files?: Files;
  /** Stores of secrets that are there beside those that are rendered. */
  stores?: readonly Manifest[];
};

/**
 * Two pods that sign with one key: both sign at one height, which nothing forgives. And two that
 * write one volume.
 */
export function checkKeysAreOwn(manifests: readonly Manifest[], known: Known = {}): Finding[] {
  const holders = holdersIn(manifests, known);
  const ordered = [
    ...holders.filter(({ isValidator }) => isValidator),
    ...holders.filter(({ isValidator }) => !isValidator),
  ];
  return ordered.flatMap((one, at) => {
    const before = ordered.slice(0, at).filter(({ isValidator }) => isValidator);
    const key = sharedKey(one, before);
    return [...(key ? [key] : []), ...sharedVolume(one, before)];
  });
}

/** All that make pods, with what each of them is alone to have. */
export function holdersIn(
  manifests: readonly Manifest[],
  { validators, files = new Files(manifests), stores = [] }: Known,
): Holder[] {
  const content = { files, stores: new Stores([...manifests, ...stores]) };
  return manifests.flatMap((object): Holder[] => {
    const workload = workloadOf(object);
    if (!workload || workload.count < 1) return [];
    const isSet = workload.kind === "StatefulSet";
    const isValidator = isSet && (validators?.has(workload.name) ?? true);
    const volumes = isValidator || runsNode(workload) ? volumesOf(workload, files) : [];
    const keys = keysOf(workload, content);
    const chooses = choosesByName(workload, files);
    return [{ workload, keys, volumes, isValidator, choosesByName: chooses }];
  });
}

function sharedKey(one: Holder, before: readonly Holder[]): Finding | undefined {
  const { workload, keys, isValidator } = one;
  const shared = before.flatMap((owner) => sharedBy(one, owner));
  const worst = shared.find(({ isSure }) => isSure) ?? shared.find(isInReach) ?? shared[0];
  if (worst?.isSure) return keyTwice(workload, textOf(worst.key), worst.owner.workload);
  if (worst?.stores) return keyAlike(worst.stores, one, worst.owner);
  if (worst) return keyInReach(workload, textOf(worst.key), worst.owner.workload);
  if (!isValidator || workload.count < 2 || !keys[0]) return undefined;
  const sure = keys.find((key) => key.isSure);
  return sure ? keyOfAll(workload, textOf(sure)) : keysInReach(workload, textOf(keys[0]));
}

/** A key of two; where it is in `stores` that may be two, they are named. */
type Shared = { key: Own; owner: Holder; isSure: boolean; stores?: [Own, Own] };

/** The keys that one has and another, too, and whether both are sure to take them. */
export function sharedBy(one: Holder, owner: Holder): Shared[] {
  return one.keys.flatMap((key): Shared[] => {
    const other = owner.keys.find((each) => isSame(each, key));
    if (other) return [{ key, owner, isSure: isShared(one, key, owner, other) }];
    const alike = owner.keys.find((each) => isAlike(each.source, key.source));
    return alike ? [{ key, owner, isSure: false, stores: [alike, key] }] : [];
  });
}

function isInReach({ stores }: Shared): boolean {
  return stores === undefined;
}

/** Whether both are sure to take the same one. */
function isShared(one: Holder, key: Own, owner: Holder, other: Own): boolean {
  if (key.isVague || other.isVague) return false;
  if (!one.isValidator && !runsNode(one.workload)) return false;
  if (key.isSure && other.isSure) return true;
  if ([one, owner].some(({ choosesByName }) => choosesByName)) return false;
  if (key.isSure || other.isSure) return true;
  return mannerOf(one.workload) === mannerOf(owner.workload);
}

/** All by which two pods may choose differently from what both have. */
function mannerOf({ pod }: Workload): string {
  const containers = containersOf(pod).map((container) => [
    lineOf(container),
    container.env,
    container.volumeMounts?.map(({ subPath }) => subPath),
  ]);
  const sources = (pod.volumes ?? []).flatMap(sourcesOf);
  const names = sources.filter(({ kind }) => kind === "ConfigMap").map(({ name }) => name);
  return JSON.stringify([containers, names]);
}

function isSame(one: Own, other: Own): boolean {
  if (one.digest && other.digest) return one.digest === other.digest;
  return one.source.store === other.source.store && isOfOneName(one.source, other.source);
}

/** Whether two are kept under one name in stores that may be one. */
function isAlike(a: Part, b: Part): boolean {
  return Boolean(a.isByName || b.isByName) && isOfOneName(a, b);
}

function isOfOneName(a: Part, b: Part): boolean {
  if (a.kind !== b.kind || a.name !== b.name) return false;
  return a.entry === b.entry || a.entry === null || b.entry === null;
}

/** The claims that a node writes the chain's data to, which are not made for each pod. */
function volumesOf(workload: Workload, files: Files): Own[] {
  const node = nodeOf(workload);
  if (!node) return [];
  const paths = configsOf(workload, files).map(({ text }) => dataPathIn(text));
  const absolute = paths.flatMap((path) => path && posix.resolve(node.workingDir ?? "/", path));
  const mounts = absolute.flatMap((path) => (path && mountOf(node, path)) || []);
  const kept = (node.volumeMounts ?? []).filter(
    ({ name }) => claimBehind(workload, name) !== undefined,
  );
  const used = mounts.length > 0 || kept.length > 1 ? mounts : kept;
  return used.flatMap((mount): Own[] => {
    const name = claimBehind(workload, mount.name);
    if (!name || mount.subPathExpr !== undefined) return [];
    const volume = workload.pod.volumes?.find((each) => each.name === mount.name);
    const kind = diskOf(volume) === name ? "volume" : "PersistentVolumeClaim";
    const source = { kind, name, entry: mount.subPath ?? "" };
    return [{ source, isSure: true }];
  });
}

function sharedVolume({ workload, volumes }: Holder, before: readonly Holder[]): Finding[] {
  const owner = before.find((each) =>
    each.volumes.some((other) => volumes.some((one) => isSame(one, other))),
  );
  const who = owner?.workload.at ?? (workload.count > 1 ? "each other" : undefined);
  const [first] = volumes;
  if (!who || !first) return [];
  const { kind, name } = first.source;
  const why = `It shares ${kind} ${name}, with its data, with ${who}: one node locks the other out.`;
  const next = "Give each pod a volume of its own, by volumeClaimTemplates.";
  return [error("one-volume-twice", workload.at, why, next)];
}

function keyTwice({ at }: Workload, key: string, owner: Workload): Finding {
  return error(
    "one-key-twice",
    at,
    `It has the keys of ${owner.at}, ${key}: two pods would sign two blocks at one height.`,
    "Give each validator a secret of its own.",
  );
}

function keyOfAll({ at, count }: Workload, key: string): Finding {
  return error(
    "one-key-twice",
    at,
    `Its ${count} pods all have one key, ${key}: they would sign two blocks at one height.`,
    "Give each validator a set of one replica and a secret of its own.",
  );
}

/** Pods of one set mount the same volumes, whichever of the keys in them each one takes. */
function keysInReach({ at, count }: Workload, key: string): Finding {
  return warning(
    "keys-in-reach",
    at,
    `Its ${count} pods mount one ${key}: each can read the keys of all.`,
    "Give each validator a set of one replica and a secret of its own.",
  );
}

function keyInReach({ at }: Workload, key: string, owner: Workload): Finding {
  return warning(
    "keys-in-reach",
    at,
    `It can read the keys of ${owner.at}, ${key}: whether it signs with them cannot be told.`,
    "Give each validator a secret of its own, and nobody else any.",
  );
}

/** Stores that are not rendered may lead to one place. */
function keyAlike([own, key]: [Own, Own], { workload }: Holder, owner: Holder): Finding {
  const stores = [key, own].map(({ source }) => source).filter(({ isByName }) => isByName);
  const names = [...new Set(stores.map(({ store }) => store))].join(" and ");
  return warning(
    "keys-in-reach",
    workload.at,
    `It has ${textOf(key)}, and so has ${owner.workload.at} by another store. Of ${names} the ` +
      "chart says no more than the name: where both lead to one place, two pods sign with one key.",
    "See where the stores lead, or keep each validator's key under a name of its own.",
  );
}
