import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { tool } from "../../../../scripts/tools.ts";
import type { KubeApi } from "./api.ts";
import type { KubeObject } from "./object.ts";
import { until } from "./until.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Makes the kinds of resources known that are not Kubernetes' own. */
export async function defineKinds(api: KubeApi): Promise<void> {
  const folder = await tool("definitions");
  const names = await readdir(folder);
  await Promise.all(
    names.map(async (name) => {
      await api.create(DEFINITIONS, parse(await readFile(join(folder, name), "utf8")));
    }),
  );
  await until(async () => (await api.list(DEFINITIONS)).every(isEstablished));
}

type Condition = { type: string; status: string };

function isEstablished({ status }: KubeObject): boolean {
  const conditions: Condition[] = status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Established" && status === "True");
}
