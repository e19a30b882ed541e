import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tool } from "../../../../scripts/tools.ts";
import { freePort, type Process, startProcess } from "../process.ts";
import { KubeApi } from "./api.ts";
import type { Certificates } from "./certificates.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { kwokConfiguration } from "./stages.ts";
import type { Tokens } from "./tokens.ts";

/** Where a cluster's parts are and how they know each other. */
export type Place = {
  dir: string;
  program: string;
  certificates: Certificates;
  port: number;
  webhookUrl: string;
  /** By component, with every right; the world itself is one. */
  access: Record<string, string>;
};

const COMPONENTS = ["kube-controller-manager", "kube-scheduler", "kwok", "world"];

const API_SERVER = "kube-apiserver";

/** KWOK's pods get addresses of their own: 10.244.0.0/16 is for pods that are processes. */
const KWOK_PODS = "10.245.0.0/16";

/** Prepares a cluster's folder: keys, configuration, and how its components get in. */
export async function preparePlace(
  dir: string,
  certificates: Certificates,
  tokens: Tokens,
  webhookUrl: string,
): Promise<Place> {
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  await writeFile(join(dir, "sa.key"), privateKey.export({ type: "sec1", format: "pem" }));
  await writeFile(join(dir, "sa.pub"), publicKey.export({ type: "spki", format: "pem" }));
  await writeFile(join(dir, "kwok.yaml"), kwokConfiguration());
  await writeFile(join(dir, "webhook.json"), JSON.stringify(webhookConfiguration(webhookUrl)));

  const access: Record<string, string> = {};
  for (const name of COMPONENTS) {
    access[name] = tokens.give({ name: `system:${name}`, groups: ["system:masters"] });
    const path = join(dir, `${name}.kubeconfig`);
    await writeKubeconfig(path, { url, ca: certificates.ca, token: access[name] });
  }
  // They have to get in while this process is busy too.
  const lines = Object.entries(access).map(
    ([name, token]) => `${token},system:${name},system:${name},"system:masters"`,
  );
  await writeFile(join(dir, "tokens.csv"), `${lines.join("\n")}\n`, { mode: 0o600 });
  const program = await tool("controlplane");
  return { dir, program, certificates, port, webhookUrl, access };
}

export function worldsOwnApi({ port, certificates, access }: Place): KubeApi {
  return new KubeApi({
    url: `https://127.0.0.1:${port}`,
    ca: certificates.ca,
    token: access.world ?? "",
  });
}

function webhookConfiguration(server: string) {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "tokens", cluster: { server } }],
    users: [{ name: "api-server" }],
    contexts: [{ name: "tokens", context: { cluster: "tokens", user: "api-server" } }],
    "current-context": "tokens",
  };
}

export type ControlPlane = AsyncDisposable & {
  /** The API server dies; `up` starts it again on the same port. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** The end of what a component wrote: `kwok`. */
  output(component: string): string;
};

/**
 * Starts all components; `define` makes known what KWOK wants to know. They end in the opposite
 * order, at once: the API server before etcd, without which it hangs.
 */
export async function startControlPlane(
  place: Place,
  api: KubeApi,
  define: () => Promise<void>,
): Promise<ControlPlane> {
  await using cleanup = new AsyncDisposableStack();
  const running = new Map<string, Process>();
  const keep = async (starting: Promise<Process>) => {
    const started = await starting;
    running.set(started.name, started);
    cleanup.defer(() => running.get(started.name)?.stop(0));
  };
  await keep(startEtcd(place));
  await keep(startApiServer(place, api));
  await allOf([keep(startScheduler(place)), define()]);
  // Kinds that come later have no garbage collector for half a minute.
  await allOf([keep(startControllerManager(place)), keep(startKwok(place))]);

  const parts = cleanup.move();
  return {
    down: async () => running.get(API_SERVER)?.stop(0),
    up: async () => void running.set(API_SERVER, await startApiServer(place, api)),
    output: (component) => running.get(component)?.output() ?? "",
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Waits for the others when one fails: what still starts cannot be ended. */
async function allOf(parts: Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(parts);
  await Promise.all(parts);
}

/** A name that etcd takes for host and port, and makes a socket of in its folder. */
const SOCKET = "etcd:1";

/** On a socket in the cluster's folder, so that no other cluster's API server finds it. */
async function startEtcd(place: Place): Promise<Process> {
  const peer = "http://127.0.0.1:0";
  const args = [
    ...["--data-dir", join(place.dir, "etcd"), "--unsafe-no-fsync", "--log-level", "warn"],
    ...["--listen-client-urls", `unix://${SOCKET}`],
    ...["--advertise-client-urls", "http://127.0.0.1:1"],
    ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
    ...["--initial-cluster", `default=${peer}`],
  ];
  return start(place, "etcd", args, async () => existsSync(join(place.dir, SOCKET)));
}

async function startApiServer(place: Place, api: KubeApi): Promise<Process> {
  const { dir, port, certificates } = place;
  const arguments_ = [
    ...["--etcd-servers", `unix://${join(dir, SOCKET)}`],
    ...["--bind-address", "127.0.0.1", "--secure-port", String(port)],
    ...["--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none"],
    ...["--tls-cert-file", certificates.paths.cert],
    ...["--tls-private-key-file", certificates.paths.key],
    ...["--service-cluster-ip-range", "10.96.0.0/16", "--allow-privileged"],
    ...["--authorization-mode", "RBAC", "--token-auth-file", join(dir, "tokens.csv")],
    ...["--authentication-token-webhook-config-file", join(dir, "webhook.json")],
    ...["--authentication-token-webhook-version", "v1"],
    ...["--authentication-token-webhook-cache-ttl", "0s"],
    ...["--service-account-issuer", "https://kubernetes.default.svc"],
    ...["--service-account-key-file", join(dir, "sa.pub")],
    ...["--service-account-signing-key-file", join(dir, "sa.key")],
    ...["--kubelet-preferred-address-types", "InternalIP", "--profiling=false"],
    ...["--enable-priority-and-fairness=false", "--max-requests-inflight", "0"],
    ...["--max-mutating-requests-inflight", "0"],
  ];
  return start(place, API_SERVER, arguments_, () => api.answers("/readyz"));
}

const LEFT_OUT = [
  "node-ipam-controller",
  "node-route-controller",
  "service-lb-controller",
  "cloud-node-lifecycle-controller",
];

function startControllerManager(place: Place): Promise<Process> {
  return start(place, "kube-controller-manager", [
    ...["--service-account-private-key-file", join(place.dir, "sa.key")],
    ...["--root-ca-file", place.certificates.paths.ca],
    ...["--controllers", ["*", ...LEFT_OUT.map((name) => `-${name}`)].join(",")],
    ...componentFlags(place, "kube-controller-manager"),
  ]);
}

function startScheduler(place: Place): Promise<Process> {
  return start(place, "kube-scheduler", componentFlags(place, "kube-scheduler"));
}

function componentFlags({ dir }: Place, name: string): string[] {
  return [
    ...["--kubeconfig", join(dir, `${name}.kubeconfig`), "--leader-elect=false"],
    ...["--secure-port", "0", "--profiling=false"],
    ...["--kube-api-qps", "1000", "--kube-api-burst", "2000"],
  ];
}

/** Stands for every node's kubelet, its server for logs, exec and port-forward included. */
async function startKwok(place: Place): Promise<Process> {
  const { dir, certificates } = place;
  const port = String(await freePort());
  const up = async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  const kinds = ["Logs", "ClusterLogs", "Exec", "ClusterExec", "PortForward", "ClusterPortForward"];
  const args = [
    ...["--kubeconfig", join(dir, "kwok.kubeconfig"), "--config", join(dir, "kwok.yaml")],
    ...["--manage-all-nodes=true", "--node-lease-duration-seconds", "40"],
    ...["--enable-crds", kinds.join(","), "--cidr", KWOK_PODS],
    ...["--server-address", `127.0.0.1:${port}`, "--node-ip", "127.0.0.1", "--node-port", port],
    ...["--tls-cert-file", certificates.paths.cert],
    ...["--tls-private-key-file", certificates.paths.key],
  ];
  return start(place, "kwok", args, up);
}

function start(
  { dir, program }: Place,
  name: string,
  args: string[],
  ready?: () => Promise<boolean>,
): Promise<Process> {
  return startProcess({
    name,
    command: program,
    args: [name, ...args],
    cwd: dir,
    env: { HOME: dir, PATH: process.env.PATH ?? "/usr/bin:/bin" },
    ...(ready && { ready }),
    deadlineMs: 120_000,
  });
}
