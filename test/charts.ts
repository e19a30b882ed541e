import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cluster } from "@playbook/world";
import { parse, parseAllDocuments, stringify } from "yaml";
import { tool } from "../scripts/tools.ts";

const run = promisify(execFile);

/** Values of a chart, as somebody writes them. */
export type Values = { [name: string]: unknown };

/** Values laid over others, as Helm does: tables are merged, everything else is replaced. */
export function merged(under: Values, over: Values): Values {
  const names = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const [below, above] = [under[name], over[name]];
      if (isTable(below) && isTable(above)) return [name, merged(below, above)];
      return [name, name in over ? above : below];
    }),
  );
}

function isTable(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A table of a chart's values: what of it has to be there, and what is nothing unless given. */
type Table = { path: string; at: string[]; needed: string[]; idle: string[] };

/** Whose content is anybody's: an empty key is Helm's only way to take a default of it away. */
const FREE = ["resources", "parameters"];

/** The tables of a chart's values; what has to be there without a default is named by its path. */
export function tablesOf(chart: string, withoutDefault: string[]): Table[] {
  const text = readFileSync(join(chart, "values.yaml"), "utf8");
  return tables(parse(text), [], withoutDefault);
}

function tables(values: Values, at: string[], withoutDefault: string[]): Table[] {
  const names = Object.keys(values).filter((name) => !FREE.includes(name));
  const pathOf = (name: string) => [...at, name].join(".");
  const needed = names.filter(
    (name) => !isNothing(values[name]) || withoutDefault.includes(pathOf(name)),
  );
  const idle = names.filter((name) => !needed.includes(name));
  const within = needed.filter((name) => isTable(values[name]));
  return [
    { path: at.join(".") || "the values", at, needed, idle },
    ...within.flatMap((name) => tables(values[name] as Values, [...at, name], withoutDefault)),
  ];
}

function isNothing(value: unknown): boolean {
  return value === "" || value === 0 || /^(\[\]|\{\})$/.test(JSON.stringify(value));
}

/** Values of that table alone, with empty keys of these names. */
export function emptied(at: string[], names: string[]): Values {
  const table: Values = Object.fromEntries(names.map((name) => [name, null]));
  return at.reduceRight((inner, name) => ({ [name]: inner }), table);
}

/** An object of Kubernetes, as a chart writes it. */
// biome-ignore lint/suspicious/noExplicitAny: its shape depends on its kind.
export type Manifest = { kind: string; metadata: { name: string } & Record<string, any> } & Record<
  string,
  // biome-ignore lint/suspicious/noExplicitAny: the same.
  any
>;

/** What Helm makes of a chart's values. An error has what it says. */
export async function renderedBy(
  chart: string,
  values: Values,
  { release, namespace }: { release: string; namespace: string },
): Promise<Manifest[]> {
  const helm = join(await tool("kubectl"), "..", "helm");
  const args = ["template", release, chart, "--namespace", namespace, "--values", "-"];
  const child = run(helm, args, { maxBuffer: 2 ** 26 });
  child.child.stdin?.end(JSON.stringify(values));
  const { stdout } = await child;
  return parsed(stdout);
}

function parsed(text: string): Manifest[] {
  // As Kubernetes reads it.
  return parseAllDocuments(text, { version: "1.1" })
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

export function ofKind(manifests: Manifest[], kind: string): Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}

export function only(manifests: Manifest[], kind: string, name?: string): Manifest {
  const found = ofKind(manifests, kind).filter(
    ({ metadata }) => name === undefined || metadata.name === name,
  );
  if (found.length !== 1) throw new Error(`${found.length} of ${kind} ${name ?? ""}`);
  return found[0] as Manifest;
}

export const APPLY = ["apply", "--server-side", "--filename", "-"];

/** Makes a namespace in which nothing may run but what is restricted. */
export async function makeRestricted(cluster: Cluster, name: string): Promise<void> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
  await cluster.kubectl(APPLY, { input: JSON.stringify(object) });
}

export function documents(manifests: object[]): string {
  return manifests.map((manifest) => stringify(manifest, { version: "1.1" })).join("---\n");
}

/** What other objects name, and what has to be there before them. */
const BEFORE = ["ServiceAccount", "PriorityClass"];

/**
 * Asks the API server whether it would take all of it, and the pods that its sets would make. What
 * it does not take it throws; how many objects that were is `asked`, what it says of each `said`.
 */
export async function wouldTake(
  cluster: Cluster,
  manifests: Manifest[],
  namespace: string,
): Promise<{ asked: number; said: string[] }> {
  const before = manifests.filter(({ kind }) => BEFORE.includes(kind));
  const all = [...manifests, ...ofKind(manifests, "StatefulSet").map(podOf)];
  const inNamespace = [...APPLY, "--namespace", namespace];
  await cluster.kubectl(inNamespace, { input: documents(before) });
  const said = await cluster.kubectl([...inNamespace, "--dry-run=server"], {
    input: documents(all),
  });
  return { asked: all.length, said: said.trim().split("\n") };
}

/** The pod that a set would make, which is what pod security judges. */
function podOf({ metadata, spec }: Manifest) {
  const { template, volumeClaimTemplates = [] } = spec;
  const claims = volumeClaimTemplates.map((claim: Manifest) => ({
    name: claim.metadata.name,
    persistentVolumeClaim: { claimName: `${claim.metadata.name}-${metadata.name}-0` },
  }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...template.metadata, name: `${metadata.name}-0` },
    spec: { ...template.spec, volumes: [...template.spec.volumes, ...claims] },
  };
}
