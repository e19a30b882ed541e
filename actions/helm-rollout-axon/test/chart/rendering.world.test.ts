import {
  checkChainSpec,
  checkConfig,
  checkTogether,
  peerIdOf,
  readChainSpec,
  readConfig,
} from "@playbook/axon";
import { type Manifest, merged, ofKind, only, type Values } from "../../../../test/charts.ts";
import { combinations } from "./combinations.ts";
import { filesOf, rendered, validatorSets } from "./rendered.ts";
import { leastValues, validators } from "./values.ts";

type Named = { name: string };

const withLeast = (over: Values) => merged(leastValues(), over);

describe.each(Object.entries(combinations()))("%s", (_, over) => {
  let manifests: Manifest[];

  beforeAll(async () => {
    manifests = await rendered(withLeast(over));
  });

  test("Axon reads its configuration and chain spec, and finds nothing to pass over", () => {
    const files = filesOf(manifests);
    const config = readConfig(files["config.toml"] ?? "");
    const spec = readChainSpec(files["chain-spec.toml"] ?? "");

    expect([...config.ignored, ...spec.ignored]).toEqual([]);
    expect(checkConfig(config.value)).toEqual([]);
    expect(checkChainSpec(spec.value, { chainId: 1_098_411_886n })).toEqual([]);
    expect(checkTogether(config.value, spec.value)).toEqual([]);
  });

  test("every validator is a set of one, with a key, a volume and an account of its own", () => {
    const sets = validatorSets(manifests);
    const keys = sets.map(({ spec }) =>
      JSON.stringify(spec.template.spec.volumes.filter(({ name }: Named) => name.endsWith("keys"))),
    );

    expect(sets.length).toBeGreaterThanOrEqual(5);
    expect(sets.map(({ spec }) => spec.replicas)).toEqual(sets.map(() => 1));
    expect(new Set(sets.map(({ spec }) => spec.template.spec.serviceAccountName)).size).toBe(
      sets.length,
    );
    expect(new Set(keys).size).toBe(sets.length);
  });

  test("data, keys and logs are where the configuration says, and nothing else is writable", () => {
    const { value: config } = readConfig(filesOf(manifests)["config.toml"] ?? "");
    for (const { spec } of ofKind(manifests, "StatefulSet")) {
      const [container] = spec.template.spec.containers;
      const mounts = new Map(
        container.volumeMounts.map((mount: { mountPath: string; name: string }) => [
          mount.mountPath,
          mount.name,
        ]),
      );
      expect(mounts.get(config.data_path)).toBe("data");
      expect(mounts.get(config.logger.log_path)).toBe("logs");
      expect(config.net_privkey_file).toBe("/var/run/axon/keys/net.key");
      expect(config.bls_privkey_file).toBe("/var/run/axon/keys/bls.key");
      expect(mounts.get("/var/run/axon/keys")).toBe("keys");
      const keys = spec.template.spec.volumes.find(({ name }: Named) => name === "keys");
      if (keys.secret) expect(keys.secret.defaultMode).toBe(0o440);
      else expect(keys.emptyDir.medium).toBe("Memory");
      expect(container.securityContext.readOnlyRootFilesystem).toBe(true);
    }
  });

  test("axon itself is the first process, and no key is in what is rendered", () => {
    for (const { spec } of ofKind(manifests, "StatefulSet")) {
      expect(spec.template.spec.containers[0]).toMatchObject({
        command: ["/app/axon"],
        args: ["run", "-c", "/etc/axon/config.toml"],
      });
    }
    expect(ofKind(manifests, "Secret")).toEqual([]);
    expect(ofKind(manifests, "Role")).toEqual([]);
  });
});

test("peer ids are those of the keys, on the sets and in the bootstraps", async () => {
  const manifests = await rendered({ ...leastValues(), validators: validators(12) });
  const { value: config } = readConfig(filesOf(manifests)["config.toml"] ?? "");
  const sets = validatorSets(manifests);
  const ids = sets.map(({ metadata }) => peerIdOf(metadata.annotations["axon/public-key"]));

  expect(sets.map(({ metadata }) => metadata.annotations["axon/peer-id"])).toEqual(ids);
  expect(config.network.bootstraps?.map(({ multi_address }) => multi_address.peerId)).toEqual(ids);
  expect(config.network.bootstraps?.[1]?.multi_address.host).toBe(
    "axon-v1-0.axon-peers.axon.svc.cluster.local",
  );
});

test("a release holds its validators, unless it is told not to", async () => {
  const partitions = async (values: Values) =>
    validatorSets(await rendered(values)).map(
      ({ spec }) => spec.updateStrategy.rollingUpdate.partition,
    );
  expect(await partitions(leastValues())).toEqual([1, 1, 1, 1, 1]);
  expect(await partitions(withLeast({ rollout: { hold: false } }))).toEqual([0, 0, 0, 0, 0]);
  expect(await partitions(withLeast({ rollout: { letGo: ["v2"] } }))).toEqual([1, 1, 0, 1, 1]);
});

test("what nodes are told is in a file of a name of its own, that stays for those held", async () => {
  const values = leastValues();
  const names = await Promise.all(
    [values, values, merged(values, { config: { logger: { filter: "warn" } } })].map(async (it) => {
      const { metadata, immutable } = only(await rendered(it), "ConfigMap");
      expect(immutable).toBe(true);
      expect(metadata.annotations["helm.sh/resource-policy"]).toBe("keep");
      return metadata.name;
    }),
  );
  expect(names[0]).toBe(names[1]);
  expect(names[2]).not.toBe(names[0]);
});

test("a chart of another version does not restart what it does not change", async () => {
  const sets = ofKind(await rendered(leastValues()), "StatefulSet");
  const templates = sets.map(({ spec }) => JSON.stringify(spec.template));
  expect(templates.filter((text) => text.includes("helm.sh/chart"))).toEqual([]);
});

test("a fork is prepared after the genesis block, and before axon runs", async () => {
  const fork = { hardfork: { startNumber: 7, features: ["Andromeda"] } };
  const [set] = validatorSets(await rendered(withLeast(fork)));
  const names = set?.spec.template.spec.initContainers.map(({ name }: Named) => name);
  expect(names).toEqual(["init", "hardfork"]);
});

test("nodes without a vote make up a key in memory, and never see a validator's", async () => {
  const manifests = await rendered(leastValues());
  for (const component of ["rpc", "sync"]) {
    const { spec } = only(manifests, "StatefulSet", `axon-${component}`);
    expect(JSON.stringify(spec.template)).not.toMatch(/"secret"|"csi"/);
    expect(spec.template.spec.volumes).toContainEqual({
      name: "keys",
      emptyDir: { medium: "Memory", sizeLimit: "1Mi" },
    });
  }
});

test("one budget is over all validators, and one service names all pods, ready or not", async () => {
  const manifests = await rendered(leastValues());
  const budget = only(manifests, "PodDisruptionBudget", "axon-validators");
  expect(budget.spec.maxUnavailable).toBe(1);
  for (const { spec } of validatorSets(manifests)) {
    expect(spec.template.metadata.labels).toMatchObject(budget.spec.selector.matchLabels);
    expect(spec.serviceName).toBe("axon-peers");
  }
  expect(only(manifests, "Service", "axon-peers").spec).toMatchObject({
    clusterIP: "None",
    publishNotReadyAddresses: true,
  });
});

test("the number of answering nodes is left to the autoscaler where there is one", async () => {
  const scaled = only(await rendered(leastValues()), "StatefulSet", "axon-rpc");
  expect(scaled.spec).not.toHaveProperty("replicas");
  const fixed = await rendered(withLeast({ rpc: { autoscaling: { enabled: false } } }));
  expect(only(fixed, "StatefulSet", "axon-rpc").spec.replicas).toBe(2);
  expect(ofKind(fixed, "HorizontalPodAutoscaler")).toEqual([]);
});
