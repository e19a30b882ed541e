import { type AgentKind, agentConfig, agentReleases, chartValues } from "@playbook/hyperlane";
import { CHAINS, launch, read } from "../../../../packages/hyperlane/test/agent-lists.ts";
import { merged, type Values } from "../../../../test/charts.ts";

/** What every agent has, beside what its place in the list says. */
const COMMON = { image: { repository: "registry.example/hyperlane-agent", tag: "agents-v2.3.0" } };

/** The releases of eight chains, as the list of agents makes them. */
export const RELEASES = agentReleases(read(launch()), agentConfig(CHAINS));

/** The first of a kind. */
export function least(kind: AgentKind, over: Values = {}): Values {
  const release = RELEASES.find((one) => one.kind === kind);
  return merged(merged(COMMON, release ? chartValues(release) : {}), over);
}

/** A validator whose only chain is called so. */
export function ofChain(name: string, over: Values = {}): Values {
  const { chains, validator, ...values } = least("validator", over);
  const chain = { ...Object(chains).chain1, name };
  return {
    ...values,
    group: name,
    chains: { [name]: chain },
    validator: { ...Object(validator), originChain: name },
  };
}

export const common = (values: Values): Values => merged(COMMON, values);

/** Every combination that the chart's README describes, by what it is called there. */
export function combinations(): Record<string, Values> {
  return {
    "a validator": least("validator"),
    "a relayer": least("relayer"),
    "a relayer that stands by": least("relayer", { relayer: { standby: true } }),
    "a validator whose bucket has a folder, and whose key is in another account": least(
      "validator",
      {
        validator: { bucket: { folder: "chain1/a" }, interval: 2 },
        key: { id: `arn:aws:kms:eu-west-1:111122223333:key/mrk-${"a".repeat(32)}` },
      },
    ),
    "a relayer that is paid": least("relayer", {
      relayer: {
        gasPayment: [
          { type: "none", matchingList: [{ originDomain: 1 }] },
          { type: "minimum", payment: "0" },
          { type: "onChainFeeQuoting", gasFraction: "3/4" },
        ],
      },
    }),
    "a validator that believes what most nodes say": least("validator", {
      rpc: { consensus: "quorum" },
    }),
    "one of a group without the budget": least("validator", { budget: { create: false } }),
    "metrics for the Prometheus operator": least("relayer", {
      metrics: { serviceMonitor: { enabled: true, labels: { release: "prometheus" } } },
      network: {
        policy: {
          metricsFrom: [
            { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "metrics" } } },
          ],
        },
      },
    }),
    "nodes in the same cluster": least("validator", {
      network: {
        policy: {
          ports: [443, 8545],
          to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "axon" } } }],
        },
      },
    }),
    "nothing outside the namespace, and no policies": least("validator", {
      priority: { create: false },
      storage: { class: { create: false }, className: "retained", size: "20Gi" },
      network: { policy: { enabled: false } },
    }),
    "an image by its digest, nodes that are tainted, a small cluster": least("relayer", {
      image: {
        tag: "",
        digest: `sha256:${"a".repeat(64)}`,
        pullSecrets: ["registry"],
        pullPolicy: "Always",
      },
      nodeSelector: { pool: "agents" },
      tolerations: [{ key: "agents", operator: "Exists" }],
      podLabels: { "example.com/team": "messaging" },
      podAnnotations: { "prometheus.io/scrape": "true" },
      terminationGracePeriodSeconds: 30,
      spread: { hosts: "preferred", zones: "ScheduleAnyway" },
      resources: { requests: { cpu: "2", memory: "4Gi" } },
      nameOverride: "hyperlane-relayer",
      log: { level: "debug", format: "pretty" },
    }),
  };
}
