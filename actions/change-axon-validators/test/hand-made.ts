import { generateKeyPair, type KeyPair, peerIdOf, publicHalfOf } from "@playbook/axon";
import type { Cluster } from "@playbook/world";

export const IMAGE = "registry.example/axon:v0.3.1";

export const CHAIN_ID = 2_022;

/** A validator that somebody has made by hand: its set, its pod and its keys. */
export type HandMade = {
  name: string;
  pod: string;
  publicKey: string;
  blsPublicKey: string;
  address: string;
  keys: KeyPair;
};

export type HandMadeChain = {
  namespace: string;
  validators: HandMade[];
  spec: string;
  /** Their addresses, as newcomers are told of them. */
  bootstraps: string[];
};

type Options = {
  count?: number;
  /** Nodes that follow the chain and have no vote. */
  followers?: number;
  interval?: number;
  epochEnd?: number;
  /** What the keys are in. */
  keysIn?: "Secret" | "ConfigMap";
};

/**
 * A chain as people make it before there is a chart: a set each, one ConfigMap, one Secret of keys
 * each (or a ConfigMap), no budgets, no probes.
 */
export async function makeByHand(
  cluster: Cluster,
  namespace: string,
  options: Options = {},
): Promise<HandMadeChain> {
  const { count = 4, followers = 0, interval = 400, epochEnd = 100_000_000 } = options;
  const all = count + followers;
  const validators = Array.from({ length: all }, (_, at) => handMade(`axon-${at + 1}`));
  const spec = specOf(validators.slice(0, count), interval, epochEnd);
  const bootstraps = validators.map(
    ({ pod, publicKey }) =>
      `/dns4/${pod}.axon-hand.${namespace}.svc.cluster.local/tcp/8001/p2p/${peerIdOf(publicKey as `0x${string}`)}`,
  );
  await apply(cluster, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const files = { "config.toml": configOf(bootstraps), "spec.toml": spec };
  const config = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "axon-hand" },
    data: files,
  };
  await applyIn(cluster, namespace, [
    config,
    serviceOf(),
    ...validators.flatMap((one) => [keysOf(one, options), setOf(one, options)]),
  ]);
  return { namespace, validators, spec, bootstraps };
}

/** A validator gets its keys out of a Secret from now on: its pod is replaced. */
export async function moveKeys(cluster: Cluster, namespace: string, one: HandMade): Promise<void> {
  await applyIn(cluster, namespace, [keysOf(one), setOf(one)]);
}

function applyIn(cluster: Cluster, namespace: string, objects: { metadata: object }[]) {
  const metadataOf = ({ metadata }: { metadata: object }) => ({ ...metadata, namespace });
  return apply(cluster, ...objects.map((each) => ({ ...each, metadata: metadataOf(each) })));
}

export async function apply(cluster: Cluster, ...items: object[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items };
  await cluster.kubectl(["apply", "--filename", "-"], { input: JSON.stringify(list) });
}

function handMade(name: string): HandMade {
  const keys = generateKeyPair();
  return { name, pod: `${name}-0`, ...publicHalfOf(keys), keys };
}

function serviceOf() {
  const ports = [
    { name: "p2p", port: 8001 },
    { name: "rpc", port: 8000 },
  ];
  const spec = {
    clusterIP: "None",
    publishNotReadyAddresses: true,
    selector: { app: "axon-hand" },
    ports,
  };
  return { apiVersion: "v1", kind: "Service", metadata: { name: "axon-hand" }, spec };
}

/** The object that holds a validator's two keys, raw. */
function keysOf({ name, keys }: HandMade, { keysIn: kind = "Secret" }: Options = {}) {
  const text = (key: Uint8Array) => Buffer.from(key).toString("base64");
  const files = { "net.key": text(keys.net), "bls.key": text(keys.bls) };
  const content = kind === "Secret" ? { data: files } : { binaryData: files };
  return { apiVersion: "v1", kind, metadata: { name: `${name}-keys` }, ...content };
}

/** The volume of them. */
function keyVolume({ name }: Pick<HandMade, "name">, { keysIn }: Options = {}) {
  const keys = `${name}-keys`;
  return keysIn === "ConfigMap"
    ? { name: "keys", configMap: { name: keys } }
    : { name: "keys", secret: { secretName: keys } };
}

function setOf({ name }: HandMade, options: Options = {}) {
  const labels = { app: "axon-hand", validator: name };
  const mounts = [
    { name: "files", mountPath: "/etc/axon" },
    { name: "keys", mountPath: "/keys" },
    { name: "data", mountPath: "/data" },
  ];
  const container = { image: IMAGE, volumeMounts: mounts };
  const init =
    "[ -e /data/db/rocksdb ] || axon init -c /etc/axon/config.toml -s /etc/axon/spec.toml";
  const template = {
    metadata: { labels },
    spec: {
      terminationGracePeriodSeconds: 5,
      initContainers: [{ ...container, name: "init", command: ["sh", "-c", init] }],
      containers: [
        {
          ...container,
          name: "axon",
          command: ["axon"],
          args: ["run", "-c", "/etc/axon/config.toml"],
          ports: [{ containerPort: 8000 }, { containerPort: 8001 }],
        },
      ],
      volumes: [{ name: "files", configMap: { name: "axon-hand" } }, keyVolume({ name }, options)],
    },
  };
  const claim = {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
  const spec = {
    replicas: 1,
    serviceName: "axon-hand",
    selector: { matchLabels: labels },
    template,
    volumeClaimTemplates: [claim],
  };
  return { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name }, spec };
}

function configOf(bootstraps: string[]): string {
  return `net_privkey_file = "/keys/net.key"
bls_privkey_file = "/keys/bls.key"
data_path = "/data/db"

[rpc]
http_listening_address = "0.0.0.0:8000"
maxconn = 25000
max_payload_size = 10485760

[web3]
max_gas_cap = 50000000

[network]
listening_address = "/ip4/0.0.0.0/tcp/8001"
rpc_timeout = 10
${bootstraps.map((one) => `\n[[network.bootstraps]]\nmulti_address = "${one}"\n`).join("")}
[synchronization]
sync_txs_chunk_size = 5000

[mempool]
timeout_gap = 20
pool_size = 20000

[executor]
triedb_cache_size = 200
`;
}

function specOf(validators: HandMade[], interval: number, epochEnd: number): string {
  return `accounts = []

[genesis]
timestamp = 1680249207
base_fee_per_gas = "0x539"
chain_id = ${CHAIN_ID}
hardforks = []

[params]
epoch = 0

[params.version]
start = 1
end = ${epochEnd}

[params.consensus_config]
propose_ratio = 15
prevote_ratio = 10
precommit_ratio = 10
brake_ratio = 10
tx_num_limit = 20000
max_tx_size = 409600000
gas_limit = 4294967295000
interval = ${interval}
${validators
  .map(
    ({ blsPublicKey, publicKey, address }) => `
[[params.verifier_list]]
bls_pub_key = "${blsPublicKey}"
pub_key = "${publicKey}"
address = "${address}"
propose_weight = 1
vote_weight = 1
`,
  )
  .join("")}`;
}
