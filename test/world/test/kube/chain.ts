import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster, Keypair, KubeObject } from "@playbook/world";
import { shell, tool } from "../../../../scripts/tools.ts";
import { chainSpec, nodeConfig } from "../../src/axon/node-files.ts";

const SERVICE = "axon";

/** The name of a validator's only pod. */
export const podOf = (index: number) => `axon-${index}-0`;

export type ChainManifests = {
  keypairs: Keypair[];
  /** All that is applied once. */
  objects: KubeObject[];
  validator(index: number, tag: string): KubeObject;
};

/** A chain as its chart would lay it out: a set of one for each validator. */
export async function chainManifests(cluster: Cluster, count: number): Promise<ChainManifests> {
  const folder = await mkdtemp(join(cluster.dir, "keys-"));
  const program = await tool("axon");
  const said = await shell(program, ["generate-keypair", "-n", String(count), "-p", folder]);
  const { keypairs } = JSON.parse(said) as { keypairs: Keypair[] };
  const peers = keypairs.map(({ peer_id }, index) => ({
    host: `${podOf(index)}.${SERVICE}`,
    peerId: peer_id,
  }));
  const secrets = await Promise.all(
    keypairs.map(async (_, index) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: `axon-${index}` },
      data: {
        "net.key": await readFile(join(folder, `net_${index}.key`), "base64"),
        "bls.key": await readFile(join(folder, `bls_${index}.key`), "base64"),
      },
    })),
  );
  const options = { epochEnd: 1_000_000, hardforks: ["None"], weights: [], accounts: {} };
  const config = nodeConfig(peers)
    .replace('"net.key"', '"/keys/net.key"')
    .replace('"bls.key"', '"/keys/bls.key"')
    .replace('"data"', '"/data"');
  return {
    keypairs,
    objects: [
      ...secrets,
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "axon" },
        data: {
          "config.toml": config.replace('"logs/"', '"/tmp/logs"'),
          "spec.toml": chainSpec(keypairs, { intervalMs: 400, ...options }),
        },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: SERVICE },
        spec: {
          clusterIP: "None",
          publishNotReadyAddresses: true,
          selector: { app: "axon" },
          ports: [{ name: "rpc", port: 8000 }],
        },
      },
    ],
    validator,
  };
}

function validator(index: number, tag: string): KubeObject {
  const name = `axon-${index}`;
  const image = `registry.example/chain/axon:${tag}`;
  const volumeMounts = [
    { name: "config", mountPath: "/config" },
    { name: "keys", mountPath: "/keys", readOnly: true },
    { name: "data", mountPath: "/data" },
  ];
  const script =
    "[ -d /data/rocksdb ] || exec axon init -c /config/config.toml -s /config/spec.toml";
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name },
    spec: {
      serviceName: SERVICE,
      replicas: 1,
      selector: { matchLabels: { app: "axon", validator: name } },
      template: {
        metadata: { labels: { app: "axon", validator: name } },
        spec: {
          terminationGracePeriodSeconds: 3,
          securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000 },
          initContainers: [{ name: "init", image, command: ["sh", "-c", script], volumeMounts }],
          containers: [
            {
              name: "axon",
              image,
              args: ["run", "-c", "/config/config.toml"],
              ports: [{ name: "rpc", containerPort: 8000 }],
              readinessProbe: { tcpSocket: { port: "rpc" }, periodSeconds: 1 },
              volumeMounts,
            },
          ],
          volumes: [
            { name: "config", configMap: { name: "axon" } },
            { name: "keys", secret: { secretName: name, defaultMode: 0o400 } },
          ],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
    },
  };
}
