import { posix } from "node:path";
import {
  type Container,
  containersOf,
  type Manifest,
  type Mount,
  type PodSpec,
  type Volume,
} from "../manifest.ts";
import { isBelow, within } from "./paths.ts";
import type { Workload } from "./workload.ts";

/** Where a file of a pod comes from. */
export type Source = {
  kind: string;
  name: string;
  /** The entry of it, or null for whichever of them it is. */
  entry: string | null;
  /** Whether it is another one in each pod. */
  isOwn: boolean;
};

/** The files of ConfigMaps and Secrets, by what they are. */
export class Files {
  readonly #objects = new Map<string, Map<string, Buffer>>();

  /** Of two with one name the first counts. */
  constructor(objects: readonly Manifest[]) {
    for (const object of objects.filter(({ kind }) => /^(ConfigMap|Secret)$/.test(kind))) {
      const key = `${object.kind} ${object.metadata.name}`;
      if (!this.#objects.has(key)) this.#objects.set(key, contentsOf(object));
    }
  }

  /** All that one has; undefined when it is not among them. */
  in({ kind, name }: Pick<Source, "kind" | "name">): ReadonlyMap<string, Buffer> | undefined {
    return this.#objects.get(`${kind} ${name}`);
  }

  read({ entry, ...source }: Source): Buffer | undefined {
    return entry === null ? undefined : this.in(source)?.get(entry);
  }
}

/** The files that a ConfigMap or a Secret has. */
export function contentsOf({ kind, data, stringData, binaryData }: Manifest): Map<string, Buffer> {
  const encoding = kind === "Secret" ? "base64" : "utf8";
  return new Map([
    ...Object.entries(data ?? {}).map(([name, text]) => file(name, text, encoding)),
    ...Object.entries(binaryData ?? {}).map(([name, text]) => file(name, text, "base64")),
    ...Object.entries(stringData ?? {}).map(([name, text]) => file(name, text, "utf8")),
  ]);
}

function file(name: string, text: string, encoding: BufferEncoding): [string, Buffer] {
  return [name, Buffer.from(`${text}`, encoding)];
}

/** The mount that a path of a container is on: the innermost of those above it. */
export function mountOf({ volumeMounts = [] }: Container, path: string): Mount | undefined {
  return volumeMounts
    .filter(({ mountPath }) => isBelow(path, mountPath))
    .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
}

/** What a container finds at a path, where an object of the cluster is behind it. */
export function sourceAt({ pod }: Workload, container: Container, path: string): Source[] {
  const mount = mountOf(container, path);
  const volume = (pod.volumes ?? []).find(({ name }) => name === mount?.name);
  if (!mount || !volume) return [];
  const isOwn = mount.subPathExpr !== undefined;
  const file = posix.join(mount.subPath ?? "", within(mount.mountPath, path));
  return sourcesOf(volume)
    .filter(({ items }) => !items || items.some((item) => (item.path ?? item.key) === file))
    .map(({ items, ...source }) => {
      const item = items?.find((each) => (each.path ?? each.key) === file);
      return { ...source, isOwn, entry: isOwn ? null : (item?.key ?? file) };
    });
}

type Part = { kind: string; name: string; items?: { key: string; path?: string }[] | undefined };

/** The objects whose entries are the files of a volume. */
export function sourcesOf({ configMap, secret, csi, projected }: Volume): Part[] {
  const provider = csi?.volumeAttributes?.secretProviderClass;
  const parts: { kind: string; name?: string | undefined; items?: Part["items"] }[] = [
    ...(configMap ? [{ ...configMap, kind: "ConfigMap" }] : []),
    ...(secret ? [{ kind: "Secret", name: secret.secretName, items: secret.items }] : []),
    ...(projected?.sources ?? []).flatMap((each) => [
      ...(each.secret ? [{ ...each.secret, kind: "Secret" }] : []),
      ...(each.configMap ? [{ ...each.configMap, kind: "ConfigMap" }] : []),
    ]),
    { kind: "SecretProviderClass", name: provider },
  ];
  return parts.flatMap(({ kind, name, items }) => (name ? [{ kind, name, items }] : []));
}

/** The ConfigMaps that a pod has something of, on volumes or in variables. */
export function mapsOf(pod: PodSpec): string[] {
  const mounted = (pod.volumes ?? []).flatMap(sourcesOf).filter(({ kind }) => kind === "ConfigMap");
  const told = containersOf(pod).flatMap(({ env = [], envFrom = [] }) => [
    ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
    ...envFrom.map(({ configMapRef }) => configMapRef?.name),
  ]);
  return [...mounted.map(({ name }) => name), ...told.flatMap((name) => name ?? [])];
}
