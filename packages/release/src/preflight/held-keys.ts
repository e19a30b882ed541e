import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { Finding } from "./finding.ts";
import { inTheOpen, keyIn } from "./keys.ts";
import { containersOf, type StatefulSet } from "./manifest.ts";
import { type Files, type Source, sourceAt, sourcesOf } from "./mounts.ts";
import { configsOf } from "./node-config.ts";
import type { Part, Stores } from "./stores.ts";
import { nodeOf, type Workload, workloadOf } from "./workload.ts";

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
  const sure = [...keyFilesOf(workload, files), ...variablesOf(workload)].map(
    ({ isOwn, ...source }): Own => ({ source, isSure: !isOwn, digest: digestOf(source, files) }),
  );
  const all = [...sure, ...inlineKeysOf(workload, files)];
  const held = all.length > 0 ? all : reachableOf(workload, { files, stores });
  return held.flatMap((key) => stores.originsOf(key.source).map((source) => ({ ...key, source })));
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

const KEYS = /key|priv|validator|wallet/i;
const OTHERS = /tls|cert|\bca\b|auth|token|password|registry|pull|aws|backup|jwt/i;

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
