import { chmod, chown, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { KubeApi } from "../api.ts";
import type { Disks } from "../disks.ts";
import type { KubeObject } from "../object.ts";
import { fieldOf } from "./fields.ts";

/** Why a pod has to wait for its volumes, as its event says it. */
export class MountError extends Error {
  override readonly name = "MountError";
}

export type Volume = { path: string; readOnly: boolean };

type Files = Map<string, { content: Buffer; mode: number }>;

/** Makes a pod's volumes below `dir`; throws a MountError while something is not there. */
export async function makeVolumes(
  api: KubeApi,
  disks: Disks,
  pod: KubeObject,
  dir: string,
): Promise<Map<string, Volume>> {
  const made = new Map<string, Volume>();
  const group = pod.spec.securityContext?.fsGroup as number | undefined;
  for (const volume of pod.spec.volumes ?? []) {
    made.set(volume.name, await makeVolume(api, disks, pod, volume, join(dir, volume.name), group));
  }
  return made;
}

async function makeVolume(
  api: KubeApi,
  disks: Disks,
  pod: KubeObject,
  // biome-ignore lint/suspicious/noExplicitAny: the API has checked it.
  volume: any,
  path: string,
  group: number | undefined,
): Promise<Volume> {
  if (volume.persistentVolumeClaim) {
    const folder = await claimed(api, disks, pod, volume.persistentVolumeClaim.claimName);
    await giveTo(folder, group);
    return { path: folder, readOnly: volume.persistentVolumeClaim.readOnly ?? false };
  }
  if (volume.emptyDir) {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o777);
    await giveTo(path, group);
    return { path, readOnly: false };
  }
  const source = volume.projected ?? { sources: [{ ...volume }], ...modeOf(volume) };
  const files: Files = new Map();
  for (const one of source.sources) {
    const mode = source.defaultMode ?? 0o644;
    for (const [name, file] of await filesOf(api, pod, one, mode)) files.set(name, file);
  }
  await writeFiles(path, files, group);
  return { path, readOnly: true };
}

// biome-ignore lint/suspicious/noExplicitAny: the API has checked it.
const modeOf = ({ secret, configMap, downwardAPI }: any) => ({
  defaultMode: (secret ?? configMap ?? downwardAPI)?.defaultMode,
});

async function claimed(
  api: KubeApi,
  disks: Disks,
  { metadata }: KubeObject,
  name: string,
): Promise<string> {
  const claims = `/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims`;
  const claim = await api.find(`${claims}/${name}`);
  const volume = claim?.spec.volumeName;
  if (!volume) throw new MountError(`claim "${name}" is not bound`);
  const folder = disks.folderOf(await api.get(`/api/v1/persistentvolumes/${volume}`));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** As kubelets do it: the group owns what is there, may write, and gets what is made later. */
async function giveTo(path: string, group: number | undefined): Promise<void> {
  if (group === undefined || process.getuid?.() !== 0) return;
  const { uid, mode } = await stat(path);
  await chown(path, uid, group);
  const isFolder = (await stat(path)).isDirectory();
  await chmod(path, mode | (isFolder ? 0o2070 : 0o060));
  if (!isFolder) return;
  for (const name of await readdir(path)) await giveTo(join(path, name), group);
}

async function filesOf(
  api: KubeApi,
  pod: KubeObject,
  // biome-ignore lint/suspicious/noExplicitAny: the API has checked it.
  source: any,
  mode: number,
): Promise<Files> {
  if (source.configMap) return keysOf(api, pod, "configmaps", source.configMap, mode);
  if (source.secret) return keysOf(api, pod, "secrets", source.secret, mode);
  if (source.downwardAPI) {
    const items = (source.downwardAPI.items ?? []) as {
      path: string;
      mode?: number;
      fieldRef: { fieldPath: string };
    }[];
    return new Map(
      items.map((item) => {
        const content = Buffer.from(fieldOf(pod, item.fieldRef.fieldPath));
        return [item.path, { content, mode: item.mode ?? mode }];
      }),
    );
  }
  if (source.serviceAccountToken) {
    const { path, audience, expirationSeconds } = source.serviceAccountToken;
    const content = await tokenFor(api, pod, audience, expirationSeconds);
    return new Map([[path, { content, mode }]]);
  }
  const kind = Object.keys(source).filter((key) => key !== "name");
  throw new MountError(`the world has no volumes of kind ${kind.join(", ")}`);
}

async function keysOf(
  api: KubeApi,
  { metadata: { namespace } }: KubeObject,
  kind: "configmaps" | "secrets",
  // biome-ignore lint/suspicious/noExplicitAny: the API has checked it.
  source: any,
  mode: number,
): Promise<Files> {
  const name = source.name ?? source.secretName;
  const found = await api.find(`/api/v1/namespaces/${namespace}/${kind}/${name}`);
  if (!found) {
    if (source.optional) return new Map();
    throw new MountError(`${kind.slice(0, -1)} "${name}" not found`);
  }
  const contents = new Map<string, Buffer>();
  const encoding = kind === "secrets" ? "base64" : "utf8";
  for (const [key, text] of Object.entries<string>(found.data ?? {})) {
    contents.set(key, Buffer.from(text, encoding));
  }
  for (const [key, text] of Object.entries<string>(found.binaryData ?? {})) {
    contents.set(key, Buffer.from(text, "base64"));
  }
  const all = [...contents.keys()].map((key) => ({ key, path: key, mode: undefined }));
  const items = (source.items ?? all) as { key: string; path: string; mode?: number }[];
  return new Map(
    items.map((item) => {
      const content = contents.get(item.key);
      if (!content) throw new MountError(`references non-existent key: ${item.key}`);
      return [item.path, { content, mode: item.mode ?? mode }];
    }),
  );
}

async function tokenFor(
  api: KubeApi,
  { metadata, spec }: KubeObject,
  audience: string | undefined,
  expirationSeconds = 3600,
): Promise<Buffer> {
  const accounts = `/api/v1/namespaces/${metadata.namespace}/serviceaccounts`;
  const { status } = await api.create(`${accounts}/${spec.serviceAccountName}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name: spec.serviceAccountName },
    spec: {
      ...(audience && { audiences: [audience] }),
      expirationSeconds,
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name: metadata.name, uid: metadata.uid },
    },
  });
  return Buffer.from(status.token);
}

/** Group-readable where a group is given, whatever the mode says. */
async function writeFiles(path: string, files: Files, group: number | undefined): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  for (const [name, { content, mode }] of files) {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    if (group !== undefined && process.getuid?.() === 0) await chown(file, 0, group);
    await chmod(file, group === undefined ? mode : mode | 0o440);
  }
}
