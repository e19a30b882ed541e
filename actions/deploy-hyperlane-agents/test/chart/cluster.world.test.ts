import { type Cluster, startCluster } from "@playbook/world";
import { stringify } from "yaml";
import { type Manifest, ofKind, rendered } from "./rendered.ts";
import { combinations } from "./values.ts";

const FOR_KUBECTL = ["apply", "--server-side", "--filename", "-"];

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);

afterAll(() => cluster?.[Symbol.asyncDispose]());

/** A namespace in which nothing may run but what is restricted. */
async function namespace(name: string): Promise<string> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
  await cluster.kubectl(FOR_KUBECTL, { input: JSON.stringify(object) });
  return name;
}

function documents(manifests: object[]): string {
  return manifests.map((manifest) => stringify(manifest)).join("---\n");
}

/** The pod that a set would make, which is what pod security judges. */
function podOf({ metadata, spec }: Manifest) {
  const { template, volumeClaimTemplates } = spec;
  const claims = volumeClaimTemplates.map((claim: Manifest) => ({
    name: claim.metadata.name,
    persistentVolumeClaim: { claimName: `${claim.metadata.name}-${metadata.name}-0` },
  }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...template.metadata, name: `${metadata.name}-0` },
    spec: { ...template.spec, volumes: [...template.spec.volumes, ...claims] },
  };
}

const BEFORE = ["ServiceAccount", "PriorityClass"];

test.each(Object.entries(combinations()).map(([name, values], at) => ({ name, values, at })))(
  "the API server takes all of it, in a restricted namespace: $name",
  async ({ values, at }) => {
    const name = await namespace(`taken-${at}`);
    const manifests = await rendered(values, { namespace: name });
    const before = manifests.filter(({ kind }) => BEFORE.includes(kind));
    const pods = ofKind(manifests, "StatefulSet").map(podOf);
    const inNamespace = [...FOR_KUBECTL, "--namespace", name];

    await cluster.kubectl(inNamespace, { input: documents(before) });
    const said = await cluster.kubectl([...inNamespace, "--dry-run=server"], {
      input: documents([...manifests, ...pods]),
    });

    expect(said.trim().split("\n")).toHaveLength(manifests.length + pods.length);
  },
);
