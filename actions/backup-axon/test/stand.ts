import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { contextForTests, type TestContext } from "@playbook/action/testing";
import {
  type Cluster,
  type KubeObject,
  startCluster,
  startPods,
  startWorld,
  until,
} from "@playbook/world";
import { tool } from "../../../scripts/tools.ts";
import { merged, type Values } from "../../../test/charts.ts";
import { type AxonChain, newChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { type Inputs, run } from "../src/run.ts";

const MINUTE = 60_000;

const SYNCED = {
  chain: { consensus: { interval: 500 } },
  syncNode: { enabled: true, resources: { requests: { cpu: "100m", memory: "128Mi" } } },
};

type Tags = NonNullable<Parameters<typeof startPods>[1]>["tags"];

export const BEHAVIOURS: Tags = { "v0.3.1": {} };

type Options = {
  eks?: string;
  tags?: Tags;
  /** Images of pods that run Node.js. */
  node?: string[];
};

/**
 * A cluster, an account with a bucket for its backups, and pods that trust each other. With a name
 * for EKS the cluster is the account's, and lets roles in.
 */
export async function openStand({ eks, tags = BEHAVIOURS, node = [] }: Options = {}) {
  await using cleanup = new AsyncDisposableStack();
  const opening = startWorld({ aws: {} });
  const [world, cluster] = await Promise.all([
    opening,
    eks ? opening.then(({ aws }) => startCluster({ eks: { aws, name: eks } })) : startCluster(),
  ]);
  cleanup.use(cluster);
  cleanup.use(world);
  const pods = cleanup.use(await startPods(cluster, { tags, node }));
  const { aws } = world;
  await trust(world.aws, cluster);
  const template = await readFile(new URL("./account.yml", import.meta.url), "utf8");
  const { outputs } = await aws.deployTemplate(template);
  Object.assign(process.env, aws.environment(aws.admin));
  const { Packer: packer = "", Unpacker: unpacker = "" } = outputs;
  const s3 = new S3Client(aws.clientConfig());
  const parts = cleanup.move();
  return {
    ...{ world, cluster, aws, pods, packer, unpacker, s3 },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

export type Stand = Awaited<ReturnType<typeof openStand>>;

/** The account takes the tokens of the cluster's service accounts. */
export async function trust(aws: Stand["aws"], cluster: Cluster): Promise<void> {
  const keys = await cluster.kubectl(["get", "--raw", "/openid/v1/jwks"]);
  aws.trustIssuer("https://kubernetes.default.svc", JSON.parse(keys));
}

/** A chain of five that makes blocks, with a sync node in step. */
export async function chainWithSync(
  stand: Stand,
  namespace: string,
  values: Values = {},
): Promise<AxonChain> {
  const chain = await newChain(stand.cluster, namespace, { values: merged(SYNCED, values) });
  const { report } = await chain.roll({});
  if (report.outputs.outcome !== "done")
    throw new Error(report.failure?.message ?? "not rolled out");
  await grow(stand, namespace, 3);
  return chain;
}

export async function ask(
  stand: Pick<Stand, "pods">,
  pod: string,
  method: string,
  ...params: unknown[]
) {
  const answer = await fetch(`http://${stand.pods.addressOf(pod)}:8000`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return ((await answer.json()) as { result: unknown }).result;
}

export const heightOf = (stand: Pick<Stand, "pods">, pod: string) =>
  ask(stand, pod, "eth_blockNumber").then(Number, () => -1);

/** Waits for so many further blocks on a validator. */
export async function grow(
  stand: Pick<Stand, "pods">,
  namespace: string,
  by: number,
): Promise<void> {
  const pod = `${namespace}/axon-v0-0`;
  await until(async () => {
    try {
      return (await heightOf(stand, pod)) >= 0;
    } catch {
      return false;
    }
  });
  const before = await heightOf(stand, pod);
  await until(async () => (await heightOf(stand, pod)) >= before + by);
}

export async function inputsFor(
  { cluster, aws, packer }: Stand,
  namespace: string,
  changes: Partial<Inputs> = {},
): Promise<Inputs> {
  const { PATH = "/usr/bin:/bin" } = process.env;
  return {
    mode: "apply",
    kubeconfig: await cluster.kubeconfig({ name: "ada", groups: ["system:masters"] }),
    region: aws.region,
    namespace,
    release: "axon",
    allowValidator: false,
    backups: `s3://backups/${namespace}`,
    podRole: packer,
    storageClass: "gp3",
    partSize: 1,
    ...{ keepLatest: 3, keepDays: 7, keepWeeks: 4, keepMonths: 12, keepSnapshots: 1 },
    rpcPort: 8000,
    syncTimeout: 2 * MINUTE,
    deadline: 5 * MINUTE,
    env: { PATH },
    run: "test",
    ...changes,
  };
}

/** What each run says of the account's bucket, whose backups are deleted by the rules at once. */
export const UNLOCKED = "has no object lock";

export async function back(
  stand: Stand,
  namespace: string,
  changes: Partial<Inputs> = {},
  context: TestContext = contextForTests(),
) {
  const report = await run(await inputsFor(stand, namespace, changes), context);
  return { ...report, said: context.said, warnings: context.warnings };
}

export const setPath = (namespace: string, name: string) =>
  `/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`;

export const syncSet = (namespace: string) => setPath(namespace, "axon-sync");

export async function left(cluster: Cluster, namespace: string): Promise<string[]> {
  const kinds = [
    `/apis/batch/v1/namespaces/${namespace}/jobs`,
    `/api/v1/namespaces/${namespace}/persistentvolumeclaims`,
  ];
  const found = await Promise.all(kinds.map((path) => cluster.api.list(path)));
  return found.flat().map(({ metadata }: KubeObject) => metadata.name);
}

export async function helmProgram(): Promise<string> {
  return join(dirname(await tool("kubectl")), "helm");
}
