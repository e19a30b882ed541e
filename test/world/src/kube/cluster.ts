import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Secret } from "../secret.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import type { KubeApi } from "./api.ts";
import { makeCertificates } from "./certificates.ts";
import { type Clients, clientsOf } from "./clients.ts";
import { preparePlace, startControlPlane, worldsOwnApi } from "./control-plane.ts";
import { defineKinds } from "./definitions.ts";
import { Disks } from "./disks.ts";
import { type EksOptions, joinAccount } from "./eks.ts";
import { startExternalSecrets } from "./external-secrets.ts";
import { type Gate, startGate } from "./gate.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { addNodes, type NodeOptions } from "./nodes.ts";
import { startProvisioner } from "./provisioner.ts";
import { startSnapshotter } from "./snapshots.ts";
import { makeStorageClasses } from "./storage-classes.ts";
import { startTokenWebhook } from "./token-webhook.ts";
import { Tokens, type User } from "./tokens.ts";
import { until } from "./until.ts";

export type ClusterOptions = {
  /** An existing folder for all that it keeps; one of its own when absent. */
  dir?: string;
  /** By default six, in three zones. */
  nodes?: NodeOptions[];
  /** Another cluster's, to restore its snapshots. */
  disks?: Disks;
  /** Makes it a cluster of an AWS account, whose roles come in by their own tokens. */
  eks?: EksOptions;
};

export type Cluster = AsyncDisposable &
  Clients & {
    /** The gate's, which everybody but the cluster's own components has to pass. */
    readonly url: string;
    /** Past the gate. */
    readonly directUrl: string;
    /** In PEM. */
    readonly ca: string;
    readonly dir: string;
    /** With every right, past the gate. */
    readonly api: KubeApi;
    readonly gate: Gate;
    readonly disks: Disks;
    /** A kubeconfig file for anybody, by the name and groups that RBAC knows them by. */
    kubeconfig(user: User): Promise<string>;
    /** A token for anybody. */
    token(user: User): string;
    /** Every token that a role has come in with so far has expired. */
    expireTokens(): void;
    /** The API server has died, and its controllers with it; nothing that it knew is lost. */
    down(): Promise<void>;
    up(): Promise<void>;
    /** The end of what a component wrote: `kube-controller-manager`, `kwok`. */
    output(component: string): string;
    /** Every token that was given out. */
    secrets(): Secret[];
  };

/**
 * A Kubernetes cluster: a real control plane, and KWOK in the place of its nodes' kubelets. See
 * test/world/README.md.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  for (let triesLeft = 2; ; triesLeft -= 1) {
    try {
      return await start(options);
    } catch (error) {
      // A port that was free a moment ago is somebody else's now.
      const taken = error instanceof Error && error.message.includes("address already in use");
      if (!taken || triesLeft === 0) throw error;
    }
  }
}

async function start(options: ClusterOptions): Promise<Cluster> {
  await using cleanup = new AsyncDisposableStack();
  const dir = options.dir ?? cleanup.use(await temporaryFolder("cluster")).path;
  const disks = options.disks ?? new Disks(dir);
  const tokens = new Tokens();
  const [certificates, webhook] = await Promise.all([
    makeCertificates(dir),
    startTokenWebhook(tokens),
  ]);
  cleanup.use(webhook);
  const place = await preparePlace(dir, certificates, tokens, webhook.url);
  const api = cleanup.use(worldsOwnApi(place));
  const controlPlane = cleanup.use(await startControlPlane(place, api, () => defineKinds(api)));
  const gate = cleanup.use(await startGate({ certificates, tokens, upstreamPort: place.port }));
  if (options.eks) {
    cleanup.use(joinAccount(options.eks, { url: gate.url, ca: certificates.ca, tokens }));
  }
  await Promise.all([addNodes(api, options.nodes), makeStorageClasses(api)]);
  cleanup.use(startProvisioner(api, disks));
  cleanup.use(startSnapshotter(api, disks));
  if (options.eks) cleanup.use(startExternalSecrets(api, options.eks.aws));
  // What each namespace has from its controllers, before the first test looks.
  await until(() => api.find("/api/v1/namespaces/default/serviceaccounts/default"));
  await until(() => api.find("/api/v1/namespaces/default/configmaps/kube-root-ca.crt"));

  await mkdir(join(dir, "kubeconfigs"), { recursive: true });
  const kubeconfig = async (user: User) => {
    const path = join(dir, "kubeconfigs", `${user.name.replace(/[^\w.-]/g, "_")}.json`);
    await writeKubeconfig(path, { url: gate.url, ca: certificates.ca, token: tokens.give(user) });
    return path;
  };
  const admin = await kubeconfig({ name: "admin", groups: ["system:masters"] });
  const parts = cleanup.move();
  return {
    url: gate.url,
    directUrl: `https://127.0.0.1:${place.port}`,
    ca: certificates.ca,
    dir,
    api,
    gate,
    disks,
    kubeconfig,
    token: (user) => tokens.give(user),
    ...clientsOf(admin),
    expireTokens: () => tokens.expire(),
    down: async () => {
      await gate.close();
      await controlPlane.down();
    },
    up: async () => {
      await controlPlane.up();
      await gate.open();
    },
    output: (component) => controlPlane.output(component),
    secrets: () => tokens.secrets(),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
