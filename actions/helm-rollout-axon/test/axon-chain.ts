import type { Report } from "@playbook/action";
import { contextForTests, type TestContext } from "@playbook/action/testing";
import { generateKeyPair, type KeyPair, publicHalfOf } from "@playbook/axon";
import { type Cluster, type KubeObject, until } from "@playbook/world";
import { merged, type Values } from "../../../test/charts.ts";
import { type Inputs, run } from "../src/run.ts";
import { inputsFor } from "./place.ts";

/** Milliseconds from block to block: a rollout of five takes ten seconds and not ten minutes. */
const INTERVAL = 300;

export type AxonChain = {
  cluster: Cluster;
  namespace: string;
  validators: Validator[];
  values: Values;
  /** Runs the action with values over the chain's own. */
  roll: (values: Values, changes?: Partial<Inputs>, context?: TestContext) => Promise<Rolled>;
  /** The inputs of such a run. */
  inputs: (values: Values, changes?: Partial<Inputs>) => Promise<Inputs>;
};

export type Rolled = { report: Report; said: string[]; warnings: string[] };

type Validator = {
  name: string;
  publicKey: string;
  blsPublicKey: string;
  address: string;
  existingSecret: string;
};

type Options = {
  count?: number;
  values?: Values;
  /** The namespace is there already. */
  exists?: boolean;
};

/** The values, keys and namespace of a new chain; its first `roll` installs it. */
export async function newChain(
  cluster: Cluster,
  namespace: string,
  { count = 5, values = {}, exists = false }: Options = {},
): Promise<AxonChain> {
  if (!exists) await makeNamespace(cluster, namespace);
  const validators = await Promise.all(
    Array.from({ length: count }, (_, at) => makeValidator(cluster, namespace, `v${at}`)),
  );
  const all = merged(valuesOf(validators), values);
  const inputs: AxonChain["inputs"] = (more, changes = {}) =>
    inputsFor(cluster, { namespace, set: merged(all, more), ...changes });
  return {
    ...{ cluster, namespace, validators, values: all, inputs },
    roll: async (more, changes, context = contextForTests()) => {
      const report = await run(await inputs(more, changes), context);
      return { report, said: context.said, warnings: context.warnings };
    },
  };
}

function makeNamespace({ api }: Cluster, name: string) {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const metadata = { name, labels };
  return api.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
}

async function makeValidator(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<Validator> {
  const keys = generateKeyPair();
  const existingSecret = `keys-${name}`;
  await cluster.api.create(`/api/v1/namespaces/${namespace}/secrets`, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: existingSecret },
    data: filesOf(keys),
  });
  const { publicKey, blsPublicKey, address } = publicHalfOf(keys);
  return { name, publicKey, blsPublicKey, address, existingSecret };
}

function filesOf({ net, bls }: KeyPair): Record<string, string> {
  const encoded = (key: Uint8Array) => Buffer.from(key).toString("base64");
  return { "net.key": encoded(net), "bls.key": encoded(bls) };
}

function valuesOf(validators: Validator[]): Values {
  return {
    image: { repository: "registry.example/axon", tag: "v0.3.1", binary: "/usr/local/bin/axon" },
    chain: {
      id: 2_022,
      genesis: { timestamp: 1_680_249_207 },
      consensus: { interval: INTERVAL },
    },
    validators,
    rpc: { enabled: false },
    syncNode: { enabled: false },
    validator: { resources: { requests: { cpu: "100m", memory: "128Mi" } } },
    storage: { size: "1Gi", className: "gp3-retain" },
  };
}

/**
 * Ends every chain of a cluster, so that those of the tests after it have the machine to
 * themselves.
 */
export async function endChains({ api }: Cluster): Promise<void> {
  const sets = "/apis/apps/v1";
  for (const { metadata } of await api.list(`${sets}/statefulsets`)) {
    await api.delete(`${sets}/namespaces/${metadata.namespace}/statefulsets/${metadata.name}`);
  }
  await until(async () => (await api.list("/api/v1/pods")).every(isLeft));
}

/** Not a set's: what a test has made by hand is its own. */
function isLeft({ metadata }: KubeObject): boolean {
  return metadata.ownerReferences?.[0]?.kind !== "StatefulSet";
}
