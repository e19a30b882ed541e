import { createHash } from "node:crypto";
import { error, type Finding } from "../finding.ts";
import { containersOf, type StatefulSet } from "../manifest.ts";
import { type Files, type Source, sourceAt, sourcesOf } from "../pods/mounts.ts";
import { configsOf } from "../pods/node-config.ts";
import { startOf } from "../pods/script.ts";
import { nodeOf, type Workload, workloadOf } from "../pods/workload.ts";
import { fetchedBy, injectedBy } from "./fetched-keys.ts";
import { keyFilesOf } from "./key-files.ts";
import { isKey, isNodesKey, sourcesIn } from "./key-variables.ts";
import { inTheOpen, keyIn } from "./keys.ts";
import type { Part, Stores } from "./stores.ts";

/** Something that one pod alone may have. */
export type Own = {
  source: Part;
  /** Of what it is, where that is known: the same under two names is the same. */
  digest?: string | undefined;
  /** Whether a pod is sure to use it, and does not choose from all that is there. */
  isSure: boolean;
  /** Whether it may be something else altogether. */
  isVague?: boolean;
};

export function textOf({ source }: Own): string {
  return textAt(source);
}

function textAt({ kind, name, entry }: Part): string {
  return entry === null || entry === "" ? `${kind} ${name}` : `${kind} ${name}, ${entry}`;
}

/** What objects of the cluster have, and where it comes from. */
export type Content = { files: Files; stores: Stores };

/** The keys that a pod signs with, or, where that cannot be told, all that it can reach. */
export function keysOf(workload: Workload, { files, stores }: Content): Own[] {
  const variables = (nodeOf(workload)?.env ?? []).filter((one) => isKey(one, files));
  const told = [...keySourcesOf(workload, files), ...sourcesIn(variables, workload, files)];
  const all = [
    ...told.map((one) => ownOf(one, files)),
    ...inlineKeysOf(workload, files),
    ...injectedBy(workload),
  ];
  const held = all.length > 0 ? all : takenOf(workload, { files, stores });
  return held.flatMap((key) => stores.originsOf(key.source).map((source) => ({ ...key, source })));
}

function ownOf({ isOwn, ...source }: Source, files: Files): Own {
  return { source, isSure: !isOwn, digest: digestOf(source, files) };
}

function keySourcesOf(workload: Workload, files: Files): Source[] {
  return keyFilesOf(workload, files).map(({ source }) => source);
}

/** Key files of validators that the chart renders: whatever they are called, they are keys. */
export function checkKeyFiles(set: StatefulSet, files: Files): Finding[] {
  const workload = workloadOf(set);
  const sources = workload ? keySourcesOf(workload, files) : [];
  return sources
    .filter((source) => source.kind === "ConfigMap" || isWritten(source, files))
    .map((source) => inTheOpen(source.kind, textAt(source)));
}

/**
 * Key files whose content is known, and which Axon does not take: it reads 32 bytes as they are.
 */
export function checkKeyFormat(set: StatefulSet, files: Files): Finding[] {
  const workload = workloadOf(set);
  const sources = workload ? keySourcesOf(workload, files) : [];
  return sources.flatMap((source) => {
    const content = files.read(source);
    if (!content || content.length === KEY_BYTES || !keyIn(content)) return [];
    const why =
      `It has a key as text, in ${content.length} bytes: Axon reads ${KEY_BYTES} bytes as they ` +
      "are, and no node starts with any other.";
    const next =
      "Store the bytes themselves, as create-axon-keys does: `xxd -r -p` makes them of hex.";
    return [error("key-unreadable", textAt(source), why, next)];
  });
}

const KEY_BYTES = 32;

function isWritten(source: Source, files: Files): boolean {
  const content = files.read(source);
  return content !== undefined && keyIn(content) !== undefined;
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

export const NODES_FILE =
  /(?:net|bls|node|validator|signer|p2p|consensus)[\w.-]*(?:key|priv|sk|hex)|priv(?:ate)?[._-]?key|^(?:net|bls)(?:\.\w+)?$/i;

/**
 * The keys that are made files of before, whichever pod it is; with those, all that is in reach.
 */
function takenOf(workload: Workload, { files, stores }: Content): Own[] {
  const { initContainers = [] } = workload.pod;
  const variables = initContainers
    .filter(({ restartPolicy }) => restartPolicy !== "Always")
    .flatMap(({ env = [] }) => env.filter((one) => isNodesKey(one, files)));
  const sources = [...sourcesIn(variables, workload, files), ...namedFiles(workload, files)];
  const taken = [...sources.map((one) => ownOf(one, files)), ...fetchedBy(workload, files)];
  const reachable = reachableOf(workload, { files, stores });
  if (taken.length === 0) return reachable;
  return [...taken, ...reachable.map((one) => ({ ...one, isVague: true }))];
}

/** The key files that commands name which every pod runs. */
function namedFiles(workload: Workload, files: Files): Source[] {
  const named = containersOf(workload.pod).flatMap((container) =>
    startOf(workload, container, files)
      .steps.filter(({ guards }) => guards.length === 0)
      .flatMap(({ words }) => words.map((word) => word.slice(word.lastIndexOf("=") + 1)))
      .filter((path) => /^\/[^$*?]+$/.test(path))
      .flatMap((path) => sourceAt(workload, container, path)),
  );
  return named.filter(
    ({ kind, name, entry }) =>
      kind !== "ConfigMap" && NODES_FILE.test(entry ?? "") && !OTHERS.test(`${name} ${entry}`),
  );
}

/** Whether a pod can take another file than the next one for what it is called. */
export function choosesByName(workload: Workload, files: Files): boolean {
  const containers = containersOf(workload.pod);
  const steps = containers.flatMap((one) => startOf(workload, one, files).steps);
  return /metadata\.name|hostname|ordinal|pod-index/i.test(JSON.stringify([containers, steps]));
}

const KEYS = /key|priv|validator|wallet/i;
export const OTHERS = /tls|cert|\bca\b|auth|token|password|registry|pull|aws|backup|jwt/i;

/** Every key that a pod has on a volume, or, if it has none there, in its variables. */
function reachableOf(workload: Workload, content: Content): Own[] {
  const onVolumes = partsOf(workload).flatMap((part) => entriesOf(part, content));
  const named = onVolumes.filter(({ source }) => KEYS.test(textAt(source)));
  if (onVolumes.length > 0) return named.length > 0 ? named : onVolumes;
  return (nodeOf(workload)?.envFrom ?? []).flatMap(({ secretRef }) =>
    secretRef
      ? entriesOf({ kind: "Secret", name: secretRef.name }, content).map((one) => ({
          ...one,
          isVague: true,
        }))
      : [],
  );
}

type Mounted = { kind: string; name: string; chosen?: string[] | undefined };

/** What the volumes of a pod are made of, and which parts of it alone are mounted. */
function partsOf({ pod }: Workload): Mounted[] {
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

function entriesOf({ kind, name, chosen }: Mounted, { files, stores }: Content): Own[] {
  const there = files.in({ kind, name });
  if (!there && (kind === "ConfigMap" || OTHERS.test(name))) return [];
  const keys = there && [...there].filter(([, content]) => keyIn(content)).map(([entry]) => entry);
  const fetched = stores.filesOf({ kind, name })?.filter(mayBeKey);
  const entries = keys?.filter((one) => chosen?.includes(one) ?? true) ??
    chosen ??
    fetched ?? [null];
  return entries.map((entry) => {
    const source = { kind, name, entry };
    return { source, isSure: false, digest: digestOf(source, files) };
  });
}

function mayBeKey(file: string): boolean {
  return KEYS.test(file) || !OTHERS.test(file);
}

function digestOf(source: Own["source"], files: Files): string | undefined {
  const content = files.read({ ...source, isOwn: false });
  return content && hashOf(keyIn(content) ?? content);
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
