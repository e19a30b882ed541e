import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { tool } from "../../../../scripts/tools.ts";
import type { Values } from "./values.ts";

const run = promisify(execFile);

export const chart = fileURLToPath(new URL("../../chart", import.meta.url));

/** An object of Kubernetes, as the chart writes it. */
// biome-ignore lint/suspicious/noExplicitAny: its shape depends on its kind.
export type Manifest = { kind: string; metadata: { name: string } & Record<string, any> } & Record<
  string,
  // biome-ignore lint/suspicious/noExplicitAny: the same.
  any
>;

/** What Helm makes of values. An error has what it says. */
export async function rendered(values: Values, namespace = "axon"): Promise<Manifest[]> {
  const helm = join(await tool("kubectl"), "..", "helm");
  const args = ["template", "axon", chart, "--namespace", namespace, "--values", "-"];
  const child = run(helm, args, { maxBuffer: 2 ** 26 });
  child.child.stdin?.end(JSON.stringify(values));
  const { stdout } = await child;
  return parsed(stdout);
}

export function parsed(text: string): Manifest[] {
  return parseAllDocuments(text)
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

/** The validators' sets, in their order. */
export function validatorSets(manifests: Manifest[]): Manifest[] {
  return ofKind(manifests, "StatefulSet").filter(
    ({ metadata }) => metadata.labels["app.kubernetes.io/component"] === "validator",
  );
}

/** The files that nodes are given. */
export function filesOf(manifests: Manifest[]): Record<string, string> {
  return only(manifests, "ConfigMap").data;
}
