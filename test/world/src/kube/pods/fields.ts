import type { KubeApi } from "../api.ts";
import type { KubeObject } from "../object.ts";

/** A field of a pod by its path, as the downward API has it; empty when there is none. */
export function fieldOf(pod: KubeObject, path: string): string {
  const [, group, key] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path) ?? [];
  if (group) return pod.metadata[group]?.[key ?? ""] ?? "";
  if (path === "metadata.labels" || path === "metadata.annotations") {
    const entries = Object.entries(pod.metadata[path.slice("metadata.".length)] ?? {});
    return entries.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join("\n");
  }
  // biome-ignore lint/suspicious/noExplicitAny: any field of any pod.
  const found = path.split(".").reduce<any>((at, name) => at?.[name], pod);
  return found === undefined ? "" : String(found);
}

type Variable = {
  name: string;
  value?: string;
  valueFrom?: {
    fieldRef?: { fieldPath: string };
    configMapKeyRef?: Reference;
    secretKeyRef?: Reference;
    resourceFieldRef?: object;
  };
};

type Reference = { name: string; key: string; optional?: boolean };

/** What a container's environment refers to is not there (yet). */
export class ConfigError extends Error {
  override readonly name = "CreateContainerConfigError";
}

/** A container's environment as its kubelet makes it, with `$(NAME)` in values filled in. */
export async function environmentOf(
  api: KubeApi,
  pod: KubeObject,
  // biome-ignore lint/suspicious/noExplicitAny: the API has checked it.
  container: any,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const kind = configMapRef ? "configmaps" : "secrets";
    const data = await dataOf(api, pod, kind, configMapRef ?? secretRef);
    for (const [key, value] of Object.entries(data)) env[prefix + key] = value;
  }
  for (const { name, value = "", valueFrom } of (container.env ?? []) as Variable[]) {
    const found = valueFrom ? await referredTo(api, pod, valueFrom) : expand(value, env);
    if (found !== undefined) env[name] = found;
  }
  return env;
}

/** `$(NAME)` is the variable's value where there is one; `$$` is one `$`. */
export function expand(text: string, env: Record<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (whole, name) =>
    whole === "$$" ? "$" : (env[name] ?? whole),
  );
}

async function referredTo(
  api: KubeApi,
  pod: KubeObject,
  from: NonNullable<Variable["valueFrom"]>,
): Promise<string | undefined> {
  if (from.fieldRef) return fieldOf(pod, from.fieldRef.fieldPath);
  const reference = from.configMapKeyRef ?? from.secretKeyRef;
  if (!reference) return "0";
  const kind = from.configMapKeyRef ? "configmaps" : "secrets";
  const value = (await dataOf(api, pod, kind, reference))[reference.key];
  if (value !== undefined || reference.optional) return value;
  throw new ConfigError(`couldn't find key ${reference.key} in ${kind.slice(0, -1)}`);
}

async function dataOf(
  api: KubeApi,
  { metadata: { namespace } }: KubeObject,
  kind: "configmaps" | "secrets",
  { name, optional }: { name: string; optional?: boolean },
): Promise<Record<string, string>> {
  const found = await api.find(`/api/v1/namespaces/${namespace}/${kind}/${name}`);
  if (!found && !optional) throw new ConfigError(`${kind.slice(0, -1)} "${name}" not found`);
  const entries = Object.entries<string>(found?.data ?? {});
  if (kind === "configmaps") return Object.fromEntries(entries);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  );
}
