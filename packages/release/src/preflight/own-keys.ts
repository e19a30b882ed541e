import { createHash } from "node:crypto";
import { posix } from "node:path";
import { error, type Finding, warning } from "./finding.ts";
import { inTheOpen, keyIn } from "./keys.ts";
import { containersOf, type Manifest, type StatefulSet } from "./manifest.ts";
import { Files, mountOf, type Source, sourceAt, sourcesOf } from "./mounts.ts";
import { configsOf, dataPathIn } from "./node-config.ts";
import { claimBehind, lineOf, nodeOf, runsNode, type Workload, workloadOf } from "./workload.ts";

/** Something that one pod alone may have. */
type Own = {
  source: Pick<Source, "kind" | "name" | "entry">;
  /** Of what it is, where that is known: the same under two names is the same. */
  digest?: string | undefined;
  /** Whether a pod is sure to use it, and does not choose from all that is there. */
  isSure: boolean;
  /** Whether it may be something else altogether. */
  isVague?: boolean;
};

type Holder = { workload: Workload; keys: Own[]; volumes: Own[]; isValidator: boolean };

type Known = { validators?: ReadonlySet<string>; files?: Files };

/**
 * Two pods that sign with one key: both sign at one height, which nothing forgives. And two that
 * write one volume.
 */
export function checkKeysAreOwn(
  manifests: readonly Manifest[],
  { validators, files = new Files(manifests) }: Known = {},
): Finding[] {
  const holders = manifests.flatMap((object): Holder[] => {
    const workload = workloadOf(object);
    if (!workload || workload.count < 1) return [];
    const isSet = workload.kind === "StatefulSet";
    const isValidator = isSet && (validators?.has(workload.name) ?? true);
    const volumes = isValidator || runsNode(workload) ? volumesOf(workload, files) : [];
    return [{ workload, keys: keysOf(workload, files), volumes, isValidator }];
  });
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

function sharedKey(one: Holder, before: readonly Holder[]): Finding | undefined {
  const { workload, keys, isValidator } = one;
  const shared = before.flatMap((owner) =>
    keys.flatMap((key) => {
      const other = owner.keys.find((each) => isSame(each, key));
      return other ? [{ key, owner, isSure: isShared(one, key, owner, other) }] : [];
    }),
  );
  const worst = shared.find(({ isSure }) => isSure) ?? shared[0];
  if (worst?.isSure) return keyTwice(workload, textOf(worst.key), worst.owner.workload);
  if (worst) return keyInReach(workload, textOf(worst.key), worst.owner.workload);
  if (!isValidator || workload.count < 2 || !keys[0]) return undefined;
  const sure = keys.find((key) => key.isSure);
  return sure ? keyOfAll(workload, textOf(sure)) : keysInReach(workload, textOf(keys[0]));
}

/** Whether both are sure to take the same one. */
function isShared(one: Holder, key: Own, owner: Holder, other: Own): boolean {
  if (key.isVague || other.isVague) return false;
  if (!one.isValidator && !runsNode(one.workload)) return false;
  if (key.isSure && other.isSure) return true;
  if (choosesByName(one.workload) || choosesByName(owner.workload)) return false;
  if (key.isSure || other.isSure) return true;
  return mannerOf(one.workload) === mannerOf(owner.workload);
}

/** Whether a pod can take another file than the next one for what it is called. */
function choosesByName({ pod }: Workload): boolean {
  return /metadata\.name|hostname|ordinal|pod-index/i.test(JSON.stringify(containersOf(pod)));
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
  const [a, b] = [one.source, other.source];
  if (a.kind !== b.kind || a.name !== b.name) return false;
  return a.entry === b.entry || a.entry === null || b.entry === null;
}

function textOf({ source }: Own): string {
  return textAt(source);
}

function textAt({ kind, name, entry }: Own["source"]): string {
  return entry === null ? `${kind} ${name}` : `${kind} ${name}, ${entry}`;
}

/** The keys that a pod signs with, or, where that cannot be told, all that it can reach. */
function keysOf(workload: Workload, files: Files): Own[] {
  const sure = [...keyFilesOf(workload, files), ...variablesOf(workload)].map(
    ({ isOwn, ...source }): Own => ({ source, isSure: !isOwn, digest: digestOf(source, files) }),
  );
  const all = [...sure, ...inlineKeysOf(workload, files)];
  return all.length > 0 ? all : reachableOf(workload, files);
}

const KEY_FILE = /^[ \t]*\w*privkey_file\s*=\s*["']([^"'\n]+)["']/gm;

/** The key files of the node's configuration, where objects of the cluster are behind them. */
function keyFilesOf(workload: Workload, files: Files): Source[] {
  const node = nodeOf(workload);
  const [config, other] = configsOf(workload, files);
  if (!node || !config || other) return [];
  return [...config.text.matchAll(KEY_FILE)].flatMap(([, file = ""]) => {
    // Axon looks for them beside its configuration.
    const folder = config.path && posix.dirname(config.path);
    if (!folder && !file.startsWith("/")) return [];
    return sourceAt(workload, node, posix.resolve(folder ?? "/", file));
  });
}

/** Key files of validators that are no Secrets: whatever they are, they are keys. */
export function checkKeyFiles(set: StatefulSet, files: Files): Finding[] {
  const workload = workloadOf(set);
  const sources = workload ? keyFilesOf(workload, files) : [];
  return sources
    .filter(({ kind }) => kind === "ConfigMap")
    .map((source) => inTheOpen(source.kind, textAt(source)));
}

const INLINE_KEY = /^[ \t]*\w*privkey\s*=\s*["'](?:0x)?([0-9a-fA-F]{64})["']/m;

/** The key that is in the configuration itself, as former versions of Axon have it. */
function inlineKeysOf(workload: Workload, files: Files): Own[] {
  const configs = configsOf(workload, files);
  if (configs.length !== 1) return [];
  return configs.flatMap(({ at, text }): Own[] => {
    const digits = INLINE_KEY.exec(text)?.[1];
    if (!digits) return [];
    const [object = "", entry = null] = at.split(", ");
    const [kind = "", name = ""] = object.split(" ");
    return [
      { source: { kind, name, entry }, isSure: true, digest: hashOf(Buffer.from(digits, "hex")) },
    ];
  });
}

const KEY_NAME = /priv(?:ate)?[._-]?key|(?:net|bls|node|validator|signing)[._-]?key|mnemonic/i;

/** The variables of the node that are keys. */
function variablesOf(workload: Workload): Source[] {
  return (nodeOf(workload)?.env ?? []).flatMap(({ name, valueFrom }): Source[] => {
    const found = valueFrom?.secretKeyRef;
    if (!found?.name || !KEY_NAME.test(`${name} ${found.key}`)) return [];
    return [{ kind: "Secret", name: found.name, entry: found.key, isOwn: false }];
  });
}

const OTHERS = /tls|cert|\bca\b|auth|token|password|registry|pull|aws|backup|jwt/i;

/** Every key that a pod has on a volume, or, if it has none there, in its variables. */
function reachableOf(workload: Workload, files: Files): Own[] {
  const onVolumes = partsOf(workload).flatMap((part) => entriesOf(part, files));
  const named = onVolumes.filter(({ source }) => /key|priv|validator|wallet/i.test(textAt(source)));
  if (onVolumes.length > 0) return named.length > 0 ? named : onVolumes;
  return (nodeOf(workload)?.envFrom ?? []).flatMap(({ secretRef }) =>
    secretRef
      ? entriesOf({ kind: "Secret", name: secretRef.name }, files).map((one) => ({
          ...one,
          isVague: true,
        }))
      : [],
  );
}

type Part = { kind: string; name: string; chosen?: string[] | undefined };

/** What the volumes of a pod are made of, and which parts of it alone are mounted. */
function partsOf({ pod }: Workload): Part[] {
  return (pod.volumes ?? []).flatMap((volume) => {
    const mounts = containersOf(pod).flatMap(({ volumeMounts = [] }) =>
      volumeMounts.filter(({ name }) => name === volume.name),
    );
    const paths = mounts.flatMap(({ subPath }) => subPath ?? []);
    const isInParts = paths.length > 0 && paths.length === mounts.length;
    return sourcesOf(volume).map(({ kind, name, items }) => ({
      ...{ kind, name },
      chosen: items?.map(({ key }) => key) ?? (isInParts ? paths : undefined),
    }));
  });
}

function entriesOf({ kind, name, chosen }: Part, files: Files): Own[] {
  const there = files.in({ kind, name });
  if (!there && (kind === "ConfigMap" || OTHERS.test(name))) return [];
  const keys = there && [...there].filter(([, content]) => keyIn(content)).map(([entry]) => entry);
  const entries = keys?.filter((one) => chosen?.includes(one) ?? true) ?? chosen ?? [null];
  return entries.map((entry) => {
    const source = { kind, name, entry };
    return { source, isSure: false, digest: digestOf(source, files) };
  });
}

function digestOf(source: Own["source"], files: Files): string | undefined {
  const content = files.read({ ...source, isOwn: false });
  return content && hashOf(keyIn(content) ?? content);
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
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
    const source = { kind: "PersistentVolumeClaim", name, entry: mount.subPath ?? "" };
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
