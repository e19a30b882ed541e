import type { SetSpec, StatefulSet } from "../../src/preflight/manifest.ts";

type Changes = Omit<Partial<SetSpec>, "template"> & { pod?: Partial<SetSpec["template"]["spec"]> };

/** A validator's set as it should be, but for the changes. */
export function setOf(name: string, { pod = {}, ...changes }: Changes = {}): StatefulSet {
  const labels = { app: "axon", validator: name };
  const spec = {
    containers: [
      {
        name: "axon",
        image: "registry.example/axon:v0.3.1",
        command: ["/app/axon", "run", "-c", "/etc/axon/config.toml"],
        volumeMounts: [
          { name: "data", mountPath: "/var/lib/axon" },
          { name: "keys", mountPath: "/var/run/axon/keys" },
        ],
        resources: { requests: { cpu: "1", memory: "2Gi" } },
      },
    ],
    volumes: [{ name: "keys", secret: { secretName: `keys-${name}` } }],
    ...pod,
  };
  return {
    kind: "StatefulSet",
    metadata: { name },
    spec: {
      replicas: 1,
      serviceName: "axon-peers",
      podManagementPolicy: "Parallel",
      selector: { matchLabels: labels },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { resources: { requests: { storage: "100Gi" } } },
        },
      ],
      ...changes,
      template: { metadata: { labels }, spec },
    },
  };
}
