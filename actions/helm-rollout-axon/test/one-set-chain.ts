import { fileURLToPath } from "node:url";
import { contextForTests } from "@playbook/action/testing";
import { generateKeyPair, type KeyPair, type PublicHalf, publicHalfOf } from "@playbook/axon";
import type { Cluster } from "@playbook/world";
import { configTextOf } from "../../../packages/axon/test/config-text.ts";
import { specTextOf } from "../../../packages/axon/test/spec-text.ts";
import { type Inputs, run } from "../src/run.ts";
import { inputsFor } from "./place.ts";

const CHART = fileURLToPath(new URL("one-set", import.meta.url));

type Keys = KeyPair & PublicHalf;

/** A hand-made chain: all validators are pods of one set, held by nothing. */
export async function oneSetChain(
  cluster: Cluster,
  namespace: string,
  count: number,
  values: object = {},
) {
  const keys = Array.from({ length: count }, (): Keys => {
    const pair = generateKeyPair();
    return { ...pair, ...publicHalfOf(pair) };
  });
  await cluster.api.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  await cluster.api.create(`/api/v1/namespaces/${namespace}/secrets`, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "keys" },
    data: Object.fromEntries(keys.flatMap(filesOf)),
  });
  const chain = { replicas: count, config: configOf(keys, namespace), spec: specTextOf(keys) };
  const valuesOf = (tag: string) => ({
    ...chain,
    ...values,
    image: `registry.example/axon:${tag}`,
  });
  const publicKeys = new Map(keys.map(({ publicKey }, at) => [`chain-${at}`, publicKey]));
  return {
    chart: CHART,
    valuesOf,
    roll: async (tag: string, changes: Partial<Inputs> = {}, context = contextForTests()) => {
      const inputs = await inputsFor(cluster, {
        ...{ namespace, release: "chain", chart: CHART, validators: "app=chain", publicKeys },
        ...{ minValidators: count },
        ...changes,
        set: { ...valuesOf(tag), ...changes.set },
      });
      return { report: await run(inputs, context), ...context };
    },
  };
}

function filesOf({ net, bls }: Keys, at: number): [string, string][] {
  const encoded = (key: Uint8Array) => Buffer.from(key).toString("base64");
  return [
    [`${at}.net`, encoded(net)],
    [`${at}.bls`, encoded(bls)],
  ];
}

function configOf(keys: Keys[], namespace: string): string {
  const bootstraps = keys.map(({ peerId }, at) => {
    const host = `chain-${at}.chain.${namespace}.svc.cluster.local`;
    return `/dns4/${host}/tcp/8001/p2p/${peerId}`;
  });
  return configTextOf({ data: "/data", keys: "/own/", bootstraps });
}
