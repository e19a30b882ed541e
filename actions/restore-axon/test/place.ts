import { contextForTests, type TestContext } from "@playbook/action/testing";
import type { Cluster } from "@playbook/world";
import { helmProgram, type Stand } from "../../backup-axon/test/stand.ts";
import type { AxonChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { type Inputs, run } from "../src/run.ts";

const MINUTE = 60_000;

/** Inputs that restore a chain into another namespace of the cluster, or of another one. */
export async function inputsFor(
  { aws, unpacker }: Pick<Stand, "aws" | "unpacker">,
  cluster: Cluster,
  chain: AxonChain,
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
    values: [],
    set: chain.values,
    helm: await helmProgram(),
    backups: `s3://backups/${chain.namespace}`,
    from: "bucket",
    snapshotDriver: "ebs.csi.aws.com",
    podRole: unpacker,
    oldNamespace: chain.namespace,
    rpcPort: 8000,
    fenceTimeout: MINUTE,
    startTimeout: 2 * MINUTE,
    deadline: 3 * MINUTE,
    keepDrill: false,
    resumeRelayers: false,
    env: { PATH },
    run: "test",
    ...changes,
  };
}

/** A namespace for a chain, with its validators' keys where somebody has put them. */
export async function placeFor(
  from: Cluster,
  to: Cluster,
  chain: AxonChain,
  namespace: string,
  { keys = true } = {},
): Promise<string> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await to.api.create("/api/v1/namespaces", {
    ...{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } },
  });
  for (const { existingSecret: name } of keys ? chain.validators : []) {
    const secret = await from.api.get(`/api/v1/namespaces/${chain.namespace}/secrets/${name}`);
    await to.api.create(`/api/v1/namespaces/${namespace}/secrets`, {
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name }, data: secret.data },
    });
  }
  return namespace;
}

export async function restore(inputs: Inputs, context: TestContext = contextForTests()) {
  const report = await run(inputs, context);
  return { ...report, said: context.said, warnings: context.warnings };
}
