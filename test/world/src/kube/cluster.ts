import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { tool } from "../../../../scripts/tools.ts";
import type { Secret } from "../secret.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import type { KubeApi } from "./api.ts";
import { makeCertificates } from "./certificates.ts";
import { type Clients, clientsOf } from "./clients.ts";
import {
  preparePlace,
  startApiServer,
  startControllerManager,
  startEtcd,
  startKwok,
  startScheduler,
  worldsOwnApi,
} from "./control-plane.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { defaultNodes, type NodeOptions, nodeObject } from "./nodes.ts";
import { startTokenWebhook } from "./token-webhook.ts";
import { Tokens, type User } from "./tokens.ts";
import { until } from "./until.ts";

export type ClusterOptions = {
  /** An existing folder for all that it keeps; one of its own when absent. */
  dir?: string;
  /** By default six, in three zones. */
  nodes?: NodeOptions[];
};

export type Cluster = AsyncDisposable &
  Clients & {
    readonly url: string;
    /** In PEM. */
    readonly ca: string;
    readonly dir: string;
    /** As its administrator. */
    readonly api: KubeApi;
    /** A kubeconfig file for anybody: the name and groups that RBAC knows them by. */
    kubeconfig(user: User): Promise<string>;
    /** Every token that was given out. */
    secrets(): Secret[];
  };

/**
 * A Kubernetes cluster: a real control plane, and KWOK in the place of its nodes' kubelets. See
 * test/world/README.md.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  await using cleanup = new AsyncDisposableStack();
  const dir = options.dir ?? cleanup.use(await temporaryFolder("cluster")).path;
  const tokens = new Tokens();
  const [certificates, webhook] = await Promise.all([
    makeCertificates(dir),
    startTokenWebhook(tokens),
  ]);
  cleanup.use(webhook);
  const place = await preparePlace(dir, certificates, tokens, webhook.url);
  const api = cleanup.use(worldsOwnApi(place));

  // Ended in the opposite order, at once: the API server before etcd, without which it hangs.
  const kept = cleanup.use(new AsyncDisposableStack());
  const etcd = await startEtcd(place);
  kept.defer(() => etcd.stop(0));
  const apiServer = await startApiServer(place, api);
  kept.defer(() => apiServer.stop(0));
  const [manager, scheduler] = await Promise.all([
    startControllerManager(place),
    startScheduler(place),
    define(api),
  ]);
  kept.defer(() => manager.stop(0));
  kept.defer(() => scheduler.stop(0));
  const kwok = await startKwok(place);
  kept.defer(() => kwok.stop(0));
  await populate(api, options.nodes ?? defaultNodes());

  const url = `https://127.0.0.1:${place.port}`;
  await mkdir(join(dir, "kubeconfigs"), { recursive: true });
  const kubeconfig = async (user: User) => {
    const path = join(dir, "kubeconfigs", `${user.name.replace(/[^\w.-]/g, "_")}.json`);
    await writeKubeconfig(path, { url, ca: certificates.ca, token: tokens.give(user) });
    return path;
  };
  const admin = await kubeconfig({ name: "admin", groups: ["system:masters"] });
  const parts = cleanup.move();
  return {
    url,
    dir,
    api,
    ca: certificates.ca,
    kubeconfig,
    ...clientsOf(admin),
    secrets: () => tokens.secrets(),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Makes the kinds of resources known that are not Kubernetes' own. */
async function define(api: KubeApi): Promise<void> {
  const folder = await tool("definitions");
  const names = await readdir(folder);
  const made = await Promise.all(
    names.map(async (name) => {
      const definition = parse(await readFile(join(folder, name), "utf8"));
      return (await api.create(DEFINITIONS, definition)).metadata.name;
    }),
  );
  await until(async () => {
    const known = await api.list(DEFINITIONS);
    const established = known.filter(({ status }) =>
      status?.conditions?.some(
        ({ type, status }: { type: string; status: string }) =>
          type === "Established" && status === "True",
      ),
    );
    return established.length >= made.length;
  });
}

/** Nodes that take pods, and the account that pods run under. */
async function populate(api: KubeApi, nodes: NodeOptions[]): Promise<void> {
  await Promise.all(nodes.map((node) => api.create("/api/v1/nodes", nodeObject(node))));
  await until(async () => {
    const known = await api.list("/api/v1/nodes");
    return known.every(({ spec }) => !spec?.taints?.length);
  });
  await until(() => api.find("/api/v1/namespaces/default/serviceaccounts/default"));
}
