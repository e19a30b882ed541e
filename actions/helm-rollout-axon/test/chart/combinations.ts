import type { Values } from "../../../../test/charts.ts";
import { grownChain, ROCKSDB, validators, withRoles } from "./values.ts";

type Combinations = Record<string, Values>;

/** Every combination that the chart's README describes, by what it is called there. */
export function combinations(): Combinations {
  return {
    ...chains(),
    ...keySources(),
    ...nodesBeside(),
    ...places(),
    ...peers(),
    ...steps(),
    ...limits(),
  };
}

const ACCOUNT = {
  address: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
  balance: "0x04ee2d6d415b85acef8100000000",
};

/** What chain it is. */
function chains(): Combinations {
  return {
    "a new chain of five": {},
    "a new chain of seven with weights and accounts": {
      chain: { genesis: { accounts: [ACCOUNT], hardforks: ["None"], baseFeePerGas: "0x1" } },
      validators: validators(7).map((it) => ({ ...it, proposeWeight: 2, voteWeight: 3 })),
    },
    "a chain that was made by hand and has grown": grownChain(),
    "a fork to prepare": { hardfork: { startNumber: 1_000_000, features: ["Andromeda"] } },
    "everything about Axon's own configuration": {
      config: {
        rocksdb: { options: ROCKSDB, maxOpenFiles: -1 },
        logger: { filter: "debug", modules: { "overlord::state::process": "debug" } },
        web3: { maxGasCap: 9_007_199_254_740_991 },
      },
    },
  };
}

/** Where the keys are. */
function keySources(): Combinations {
  return {
    "keys by External Secrets": {
      keys: { source: "external-secrets", region: "eu-west-1" },
      validators: withRoles(validators(5)),
    },
    "keys by the Secrets Store CSI driver": {
      keys: { source: "csi", prefix: "chains/axon" },
      validators: withRoles(validators(5)),
    },
    "keys in Secrets of one's own": {
      validators: validators(5).map((it) => ({ ...it, existingSecret: `key-of-${it.name}` })),
    },
    "validators and Secrets that YAML would take for something else": {
      image: { pullSecrets: ["123"] },
      storage: { className: "456", class: { create: false } },
      validators: validators(5).map((it, at) => ({
        ...{ ...it, name: ["n", "y", "no", "on", "true"][at] ?? "" },
        existingSecret: `${at}`,
      })),
    },
  };
}

/** What is there beside the validators. */
function nodesBeside(): Combinations {
  return {
    "no nodes beside the validators": { rpc: { enabled: false }, syncNode: { enabled: false } },
    "nodes of a fixed number behind a load balancer": {
      rpc: {
        replicas: 3,
        autoscaling: { enabled: false },
        service: {
          ...{ type: "LoadBalancer", annotations: { "example.com/internal": "true" } },
          ...{ loadBalancerClass: "service.k8s.aws/nlb", externalTrafficPolicy: "Local" },
          loadBalancerSourceRanges: ["203.0.113.0/24"],
        },
      },
    },
    "metrics for the Prometheus operator": {
      metrics: { serviceMonitor: { enabled: true, labels: { release: "prometheus" } } },
      network: {
        policy: {
          metricsFrom: [
            { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "metrics" } } },
          ],
        },
      },
    },
    "labels, annotations and variables of one's own": Object.fromEntries(
      ["validator", "rpc", "syncNode"].map((role) => [
        role,
        {
          podLabels: { "example.com/team": "chain" },
          podAnnotations: { "sidecar.istio.io/inject": "false" },
          env: [{ name: "RUST_BACKTRACE", value: "1" }],
        },
      ]),
    ),
  };
}

/** Where it runs. */
function places(): Combinations {
  return {
    "on one machine": {
      spread: { hosts: "preferred" },
      storage: { className: "standard", class: { create: false } },
      keys: { source: "secret" },
      validator: { resources: { requests: { cpu: "100m", memory: "512Mi" } } },
      rpc: { replicas: 1, autoscaling: { enabled: false } },
    },
    "nothing outside the namespace": {
      priority: { create: false },
      storage: { class: { create: false }, className: "retained" },
    },
    "an image by its digest, nodes that are tainted, a small cluster": {
      image: {
        digest: `sha256:${"a".repeat(64)}`,
        pullSecrets: ["registry"],
        pullPolicy: "Always",
      },
      validator: {
        nodeSelector: { pool: "validators" },
        tolerations: [{ key: "validators", operator: "Exists" }],
        terminationGracePeriodSeconds: 30,
      },
      spread: { hosts: "preferred", zones: "DoNotSchedule" },
      nameOverride: "axon-two",
    },
  };
}

/** Who else is of the chain. */
function peers(): Combinations {
  return {
    "peers elsewhere, and no policies": {
      network: {
        policy: { enabled: false },
        bootstraps: [
          "/dns4/axon.example.com/tcp/8001/p2p/QmNk6bBwkLPuqnsrtxpp819XLZY3ymgjs3p1nKtxBVgqxj",
        ],
      },
    },
    "peers elsewhere, let through": {
      network: {
        policy: { peers: [{ ipBlock: { cidr: "203.0.113.0/24" } }], rpcFrom: [] },
        bootstraps: [
          "/dns4/axon.example.com/tcp/30001/p2p/QmNk6bBwkLPuqnsrtxpp819XLZY3ymgjs3p1nKtxBVgqxj",
        ],
      },
    },
  };
}

/** How an upgrade goes. */
function steps(): Combinations {
  return {
    "let go all at once": { rollout: { hold: false } },
    "let go by hand": { rollout: { letGo: ["v1"] } },
  };
}

/** What is at the limits of what Kubernetes takes. */
function limits(): Combinations {
  return {
    "whatever Kubernetes takes": {
      clusterDomain: "k8s.example.com",
      image: { repository: "registry.example:5000/chains/axon-v0.3/axon__node" },
      validator: {
        resources: {
          requests: { cpu: 0.5, memory: "1.5Gi", "ephemeral-storage": 1_073_741_824 },
          limits: { cpu: "2", memory: "4e9", "hugepages-2Mi": "128Mi", "example.com/hsm": 1 },
        },
        nodeSelector: { "node.kubernetes.io/instance-type": "m7g.xlarge", spot: "" },
        tolerations: [
          { operator: "Exists" },
          { key: "example.com/pool", value: "validators", effect: "NoSchedule" },
          {
            ...{ key: "node.kubernetes.io/unreachable", operator: "Exists" },
            ...{ effect: "NoExecute", tolerationSeconds: 0 },
          },
        ],
      },
      rpc: {
        resources: { requests: { cpu: "250m" }, limits: null },
        service: { annotations: { "Example.com/Any_Thing": "and spaces, too" } },
      },
      storage: { size: "1.5Ti", path: "/data/axon..new/.node", class: { parameters: null } },
      network: {
        policy: {
          peers: [
            { ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8", "172.16.0.0/12"] } },
            { ipBlock: { cidr: "2001:db8::/32" } },
            { namespaceSelector: {}, podSelector: { matchLabels: { axon: "" } } },
          ],
          rpcFrom: [
            {
              podSelector: {
                matchExpressions: [
                  { key: "tier", operator: "In", values: ["web", "api"] },
                  { key: "example.com/quarantined", operator: "DoesNotExist" },
                ],
              },
            },
          ],
        },
      },
    },
  };
}
