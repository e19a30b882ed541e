import { chartValues } from "@playbook/hyperlane";
import { judged } from "../../../../packages/hyperlane/test/agent-schemas.ts";
import { type Manifest, ofKind, only, type Values } from "../../../../test/charts.ts";
import { configOf, podOf, rendered } from "./rendered.ts";
import { combinations, common, least, RELEASES } from "./values.ts";

type Named = { name: string };

const schemaOf = (values: Values) => values.agent as "validator" | "relayer";

describe.each(Object.entries(combinations()))("%s", (_, values) => {
  let manifests: Manifest[];

  beforeAll(async () => {
    manifests = await rendered(values);
  });

  test("is one pod with its own account, configuration and volume, or none that stands by", () => {
    const { spec } = only(manifests, "StatefulSet");
    const { standby = false } = (values.relayer ?? {}) as { standby?: boolean };

    expect(spec.replicas).toBe(standby ? 0 : 1);
    expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({
      whenDeleted: "Retain",
      whenScaled: "Retain",
    });
    const [claim] = spec.volumeClaimTemplates;
    expect(claim.spec.accessModes).toEqual(["ReadWriteOnce"]);
    expect(only(manifests, "ServiceAccount").metadata.annotations).toEqual({
      "eks.amazonaws.com/role-arn": values.roleArn,
    });
    for (const { reclaimPolicy } of ofKind(manifests, "StorageClass")) {
      expect(reclaimPolicy).toBe("Retain");
    }
  });

  test("every chain that it reads has its URLs from the Secret, and no other URL is anywhere", () => {
    const { chains } = configOf(manifests) as { chains: Record<string, unknown> };
    const [{ env }] = podOf(manifests).spec.containers;
    const fromSecret = env.filter(
      (one: { valueFrom?: { secretKeyRef?: object } }) => one.valueFrom?.secretKeyRef,
    );

    expect(fromSecret).toEqual(
      Object.keys(chains).map((name) => ({
        name: `HYP_CHAINS_${name.toUpperCase()}_CUSTOMRPCURLS`,
        valueFrom: { secretKeyRef: { name: "rpc-1", key: name } },
      })),
    );
    expect(JSON.stringify(manifests)).not.toContain("rpc.example");
    expect(ofKind(manifests, "Secret")).toEqual([]);
  });

  test("nothing is writable but the database and a folder for scraps, and no key is there", () => {
    const { spec } = podOf(manifests);
    const [container] = spec.containers;
    const writable = container.volumeMounts.filter((one: { readOnly?: boolean }) => !one.readOnly);

    expect(container.securityContext.readOnlyRootFilesystem).toBe(true);
    expect(writable.map(({ name }: Named) => name)).toEqual(["db", "tmp"]);
    expect(spec.volumes.filter((one: { secret?: object }) => one.secret)).toEqual([]);
    expect(JSON.stringify(manifests)).not.toMatch(/hexKey|AWS_SECRET_ACCESS_KEY/);
    expect(ofKind(manifests, "Role")).toEqual([]);
  });
});

test("blocks have a time for each, without which agents end, and keep one that is given", async () => {
  const validator = least("validator");
  const { chain1 } = validator.chains as { chain1: { blocks: object } };
  const without = { ...validator, chains: { chain1: { ...chain1, blocks: { reorgPeriod: 5 } } } };
  const blocksIn = async (values: Values) => {
    const { chains } = configOf(await rendered(values)) as { chains: { chain1: Values } };
    return chains.chain1.blocks;
  };
  expect(await blocksIn(without)).toEqual({ reorgPeriod: 5, estimateBlockTime: 1 });
  expect(await blocksIn(validator)).toEqual(chain1.blocks);
});

test("the official CLI's own schemas take every configuration that is made", async () => {
  const all = Object.values(combinations());
  const asked = await Promise.all(
    all.map(async (values) => ({
      schema: schemaOf(values),
      config: configOf(await rendered(values)),
    })),
  );
  expect(await judged(asked)).toEqual(all.map(() => ""));

  const [first] = asked;
  const wrong = { ...first?.config, checkpointSyncer: { type: "s3", bucket: "" } };
  const [said] = await judged([{ schema: "validator", config: wrong }]);
  expect(said).toContain("checkpointSyncer");
});

test("a validator signs its origin's checkpoints with its key, and announces itself with it", async () => {
  const values = least("validator");
  const signer = { type: "aws", ...(values.key as object) };
  const config = configOf(await rendered(values));

  expect(config).toMatchObject({
    originChainName: "chain1",
    validator: signer,
    checkpointSyncer: { type: "s3", bucket: "checkpoints-0", region: "eu-west-1" },
    interval: 5,
    db: "/var/lib/hyperlane",
  });
  const { chain1, ...others } = config.chains as Record<string, object>;
  expect(others).toEqual({});
  expect(chain1).toMatchObject({
    index: { from: 7 },
    blocks: { reorgPeriod: 5 },
    rpcUrls: [{ http: "https://rpc.invalid" }],
    signer,
  });
});

test("a validator asks for what most nodes say and a relayer for the first answer, unless told otherwise", async () => {
  const asked = async (values: Values) => {
    const { chains } = configOf(await rendered(values)) as { chains: Record<string, object> };
    return Object.values(chains).map((one) => Object(one).rpcConsensusType);
  };
  expect(await asked(least("validator"))).toEqual(["quorum"]);
  expect(new Set(await asked(least("relayer")))).toEqual(new Set(["fallback"]));
  const single = { rpc: { consensus: "single" } };
  expect(await asked(least("validator", single))).toEqual(["single"]);
});

test("a database is in the volume, or in a folder of it", async () => {
  const of = async (database: string | null) =>
    configOf(await rendered(least("relayer", { database }))).db;
  expect(await of("")).toBe("/var/lib/hyperlane");
  expect(await of(null)).toBe("/var/lib/hyperlane");
  expect(await of("0a1b")).toBe("/var/lib/hyperlane/0a1b");
});

test("a relayer takes the messages of its routes and no others", async () => {
  const values = least("relayer", {
    relayer: {
      routes: [
        { origin: "chain3", destination: "chain1" },
        { origin: "chain1", destination: "chain2" },
      ],
    },
  });
  const config = configOf(await rendered(values));

  expect(config).toMatchObject({
    relayChains: "chain1,chain2,chain3",
    whitelist: [
      { originDomain: 3, destinationDomain: 1 },
      { originDomain: 1, destinationDomain: 2 },
    ],
    gasPaymentEnforcement: [{ type: "none" }],
  });
  expect(Object.keys(config.chains as object)).toEqual(["chain1", "chain2", "chain3"]);
  expect(config).not.toHaveProperty("allowLocalCheckpointSyncers");
});

test("a chain may have an id that no domain has, with a domain beside it", async () => {
  const chainId = 2 ** 40 + 1;
  const values = least("relayer", {
    chains: { chain1: { chainId, domainId: 77 } },
    relayer: { routes: [{ origin: "chain1", destination: "chain2" }] },
  });
  const { chains, whitelist } = configOf(await rendered(values)) as { chains: Values } & Values;

  expect(chains.chain1).toMatchObject({ chainId, domainId: 77 });
  expect(whitelist).toEqual([{ originDomain: 77, destinationDomain: 2 }]);
});

test("what an agent asks for grows with its chains, and its volume does not", async () => {
  const asked = async (values: Values) => {
    const { spec } = only(await rendered(values), "StatefulSet");
    const [{ resources }] = spec.template.spec.containers;
    const [claim] = spec.volumeClaimTemplates;
    return [resources, claim.spec.resources.requests.storage];
  };
  const routes = [{ origin: "chain1", destination: "chain2" }];

  expect(await asked(least("validator"))).toEqual([
    { requests: { cpu: "225m", memory: "448Mi" }, limits: { memory: "896Mi" } },
    "10Gi",
  ]);
  expect(await asked(least("relayer", { relayer: { routes } }))).toEqual([
    { requests: { cpu: "350m", memory: "640Mi" }, limits: { memory: "1280Mi" } },
    "32Gi",
  ]);
  expect(await asked(least("relayer"))).toEqual([
    { requests: { cpu: "1100m", memory: "1792Mi" }, limits: { memory: "3584Mi" } },
    "32Gi",
  ]);
});

test("the agents of a group keep apart and have one budget, whatever their releases are called", async () => {
  const [first, second, third] = await Promise.all(
    RELEASES.slice(0, 3).map((one) => rendered(common(chartValues(one)), { release: one.name })),
  );
  const all = [first, second, third] as Manifest[][];
  const [budget, ...more] = all.flatMap((one) => ofKind(one, "PodDisruptionBudget"));

  expect(more).toEqual([]);
  expect(budget?.spec.maxUnavailable).toBe(1);
  expect(budget?.spec.unhealthyPodEvictionPolicy).toBe("AlwaysAllow");
  for (const manifests of all) {
    const { metadata, spec } = podOf(manifests);
    expect(metadata.labels).toMatchObject(budget?.spec.selector.matchLabels);
    const [term] =
      spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    expect(term.labelSelector).toEqual(budget?.spec.selector);
    expect(spec.topologySpreadConstraints[0].labelSelector).toEqual(budget?.spec.selector);
  }
  const selectors = all.map((one) => JSON.stringify(only(one, "StatefulSet").spec.selector));
  expect(new Set(selectors).size).toBe(3);
});

test("a relayer is ready while it has all its chains, and lives on without one", async () => {
  const probesOf = async (kind: "relayer" | "validator") => {
    const [container] = podOf(await rendered(least(kind))).spec.containers;
    return [container.startupProbe, container.livenessProbe, container.readinessProbe];
  };
  const answers = { httpGet: { path: "/metrics", port: "metrics" } };
  const ready = { exec: { command: ["bash", "-c", expect.stringContaining("critical_error")] } };

  expect(await probesOf("validator")).toMatchObject([answers, answers, answers]);
  expect(await probesOf("relayer")).toMatchObject([answers, ready, ready]);
});

test("another configuration starts the pod again, and a chart of another version does not", async () => {
  const [before, later, other] = await Promise.all(
    [{}, {}, { log: { level: "warn" } }].map(async (over) =>
      JSON.stringify(podOf(await rendered(least("validator", over)))),
    ),
  );
  expect(later).toBe(before);
  expect(other).not.toBe(before);
  expect(before).not.toContain("helm.sh/chart");
});

test("what the image knows of chains is hidden, and tini hands the agent its signals", async () => {
  const [container] = podOf(await rendered(least("relayer"))).spec.containers;
  expect(container).toMatchObject({ args: ["./relayer"], workingDir: "/app" });
  expect(container).not.toHaveProperty("command");
  expect(container.env).toContainEqual({
    name: "CONFIG_FILES",
    value: "/etc/hyperlane/agent.json",
  });
  expect(container.volumeMounts).toContainEqual({
    name: "nothing",
    mountPath: "/app/config",
    readOnly: true,
  });
});
