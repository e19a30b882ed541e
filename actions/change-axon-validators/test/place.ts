import { contextForTests, type TestContext } from "@playbook/action/testing";
import {
  type Cluster,
  type ClusterOptions,
  type Pods,
  startCluster,
  startPods,
} from "@playbook/world";
import { type Inputs, run } from "../src/run.ts";
import { wantedSet } from "../src/wanted.ts";
import type { HandMadeChain } from "./hand-made.ts";

const MINUTE = 60_000;

export const SIGNER = `registry.example/node@sha256:${"5".repeat(64)}`;

/** One for each of seven validators, which keep apart. */
const NODES = Array.from({ length: 7 }, (_, at) => ({
  ...{ name: `node-${at}`, zone: `eu-west-1${"abc"[at % 3]}`, cpu: "4", memory: "16Gi" },
}));

export type Place = AsyncDisposable & { cluster: Cluster; pods: Pods };

/** A cluster whose nodes run el-axon, or Axon itself; an account's where that is given. */
export async function openPlace(
  flavour: "axon" | "el-axon",
  options: Pick<ClusterOptions, "eks"> = {},
): Promise<Place> {
  await using cleanup = new AsyncDisposableStack();
  const cluster = cleanup.use(await startCluster({ nodes: NODES, ...options }));
  const tags = { "v0.3.1": { flavour }, "v0.3.1-silent": { flavour, silent: true } };
  const pods = cleanup.use(await startPods(cluster, { tags, node: [SIGNER] }));
  const parts = cleanup.move();
  return { cluster, pods, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** What somebody wants as a validator. */
export type Named = { name: string; publicKey: string; blsPublicKey: string; voteWeight?: number };

export const wanted = (validators: readonly Named[]) => wantedSet.parse(JSON.stringify(validators));

export async function inputsFor(
  cluster: Cluster,
  chain: HandMadeChain,
  changes: Partial<Inputs> = {},
): Promise<Inputs> {
  const { PATH = "/usr/bin:/bin" } = process.env;
  return {
    mode: "apply",
    kubeconfig: await cluster.kubeconfig({ name: "ada", groups: ["system:masters"] }),
    namespace: chain.namespace,
    publicKeys: new Map(chain.validators.map(({ pod, publicKey }) => [pod, publicKey])),
    minValidators: 4,
    signerImage: SIGNER,
    keyVolumes: ["keys", "stored-keys"],
    keyFile: "net.key",
    acceptSet: false,
    stopRemoved: false,
    epochWait: 10 * MINUTE,
    ...{ rpcPort: 8000, p2pPort: 8001 },
    patience: 2 * MINUTE,
    env: { PATH },
    run: "test",
    ...changes,
  };
}

export type Outcome = Awaited<ReturnType<typeof run>> & { said: string[] };

/** Runs the action here. */
export async function change(
  cluster: Cluster,
  chain: HandMadeChain,
  changes: Partial<Inputs> = {},
  context: TestContext = contextForTests(),
): Promise<Outcome> {
  const report = await run(await inputsFor(cluster, chain, changes), context);
  return { ...report, said: context.said };
}

/** Asks a pod's node past the cluster. */
export async function ask<Result>(
  { pods }: Place,
  pod: string,
  method: string,
  params: unknown[] = [],
): Promise<Result> {
  const answer = await fetch(`http://${pods.addressOf(pod)}:8000`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await answer.json()) as { result: Result; error?: Error };
  if (error) throw new Error(error.message);
  return result;
}
