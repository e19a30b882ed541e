import { dirname, join } from "node:path";
import type { Cluster } from "@playbook/world";
import { tool } from "../../../scripts/tools.ts";
import { type Driver, Helm } from "../src/index.ts";
import { clientFor } from "./place.ts";

export type Major = 3 | 4;

export async function helmProgram(major: Major): Promise<string> {
  return major === 3 ? tool("helm3") : join(dirname(await tool("kubectl")), "helm");
}

/** Helm for a cluster, and a namespace of its own for each test. */
export async function helmFor(cluster: Cluster, major: Major, driver: Driver = "secret") {
  const { connection, context, client } = await clientFor(cluster);
  const program = await helmProgram(major);
  const { PATH = "/usr/bin:/bin" } = process.env;
  const helm = await Helm.open({ program, connection, driver, context, env: { PATH } });
  return { helm, client, context, connection };
}

let made = 0;

export async function newNamespace(cluster: Cluster, name: string): Promise<string> {
  made += 1;
  const namespace = `${name}-${made}`;
  await cluster.api.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  return namespace;
}
