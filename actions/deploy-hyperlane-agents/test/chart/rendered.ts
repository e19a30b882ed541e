import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { tool } from "../../../../scripts/tools.ts";
import type { Values } from "./values.ts";

const run = promisify(execFile);

const chart = fileURLToPath(new URL("../../chart", import.meta.url));

/** An object of Kubernetes, as the chart writes it. */
// biome-ignore lint/suspicious/noExplicitAny: its shape depends on its kind.
export type Manifest = { kind: string; metadata: { name: string } & Record<string, any> } & Record<
  string,
  // biome-ignore lint/suspicious/noExplicitAny: the same.
  any
>;

type Place = { release?: string; namespace?: string };

/** What Helm makes of values. An error has what it says. */
export async function rendered(values: Values, place: Place = {}): Promise<Manifest[]> {
  const { release = "agent", namespace = "hyperlane" } = place;
  const helm = join(await tool("kubectl"), "..", "helm");
  const args = ["template", release, chart, "--namespace", namespace, "--values", "-"];
  const child = run(helm, args, { maxBuffer: 2 ** 26 });
  child.child.stdin?.end(JSON.stringify(values));
  const { stdout } = await child;
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

export function ofKind(manifests: Manifest[], kind: string): Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}

export function only(manifests: Manifest[], kind: string): Manifest {
  const found = ofKind(manifests, kind);
  if (found.length !== 1) throw new Error(`${found.length} of ${kind}`);
  return found[0] as Manifest;
}

/** What the agent is told, by its file. */
export function configOf(manifests: Manifest[]): Record<string, unknown> {
  return JSON.parse(only(manifests, "ConfigMap").data["agent.json"]);
}

export function podOf(manifests: Manifest[]): Manifest {
  return only(manifests, "StatefulSet").spec.template;
}
