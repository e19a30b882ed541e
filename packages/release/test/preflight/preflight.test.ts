import { generateKeyPair, publicHalfOf } from "@playbook/axon";
import { checkBudget } from "../../src/preflight/budgets.ts";
import { checkDataIsKept, checkStart } from "../../src/preflight/data.ts";
import { checkHolds, checkImmutable } from "../../src/preflight/holding.ts";
import { checkKeysAreOwn, checkKeysAreSecret } from "../../src/preflight/keys.ts";
import { type Manifest, parseManifests } from "../../src/preflight/manifest.ts";
import { checkVersion, dataFitOf } from "../../src/preflight/version.ts";
import { checkVotes } from "../../src/preflight/votes.ts";
import { setOf } from "./sets.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const codes = (findings: { code: string }[]) => findings.map(({ code }) => code);
const equal = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `v${index}`, weight: 1 }));

describe("the number of validators", () => {
  test.each([
    [4, 5, "too-few-validators"],
    [5, 5, "no-reserve"],
    [4, 4, "no-reserve"],
    [2, 2, "validator-indispensable"],
  ])("%i where %i are asked for is %s", (count, fewest, code) => {
    expect(codes(checkVotes(equal(count), fewest))).toEqual([code]);
  });

  test("is enough from seven on: one may fail while another is replaced", () => {
    expect(checkVotes(equal(7), 5)).toEqual([]);
  });

  test("is not enough where one of them weighs too much, which is named", () => {
    const set = [...equal(5), { id: "whale", weight: 4 }];

    expect(checkVotes(set, 5)).toMatchObject([
      { code: "validator-indispensable", at: "whale", level: "error" },
    ]);
  });
});

describe("keys", () => {
  const pair = generateKeyPair();
  const known = [publicHalfOf(pair)];
  const configMap = (text: string): Manifest => ({
    kind: "ConfigMap",
    metadata: { name: "config" },
    data: { "node.toml": text },
  });

  test.each([
    ["the field of a private key", `net_privkey = "0x${"12".repeat(32)}"`],
    ["a validator's network key, whatever its field is called", `x = "${hex(pair.net)}"`],
    ["a validator's BLS key", `seed: 0x${hex(pair.bls)}`],
  ])("in a ConfigMap are found by %s", (_, text) => {
    const [finding, ...more] = checkKeysAreSecret([configMap(text)], known);

    expect(finding).toMatchObject({ code: "key-in-the-open", at: "ConfigMap config, node.toml" });
    expect(more).toEqual([]);
    expect(JSON.stringify(finding)).not.toContain(hex(pair.net).slice(0, 8));
  });

  test.each([
    ["a network key of raw bytes", pair.net],
    ["a BLS key of raw bytes", pair.bls],
    ["a text", Buffer.from(`x = "${hex(pair.net)}"`)],
  ])("in a file of a ConfigMap's binary data are found: %s", (_, file) => {
    const files = { "net.key": Buffer.from(file).toString("base64") };
    const other = { "net.key": Buffer.from(generateKeyPair().net).toString("base64") };
    const binary = (binaryData: object) =>
      ({ kind: "ConfigMap", metadata: { name: "keys" }, binaryData }) as Manifest;

    expect(checkKeysAreSecret([binary(files), binary(other)], known)).toMatchObject([
      { code: "key-in-the-open", at: "ConfigMap keys, net.key" },
    ]);
  });

  test("in base64 are found, too", () => {
    const text = `key: ${Buffer.from(pair.bls).toString("base64")}`;

    expect(codes(checkKeysAreSecret([configMap(text)], known))).toEqual(["key-in-the-open"]);
  });

  test("are found in a container's variables and command", () => {
    const [container] = setOf("a").spec.template.spec.containers;
    const open = setOf("a", {
      pod: {
        containers: [
          {
            ...container,
            name: "axon",
            env: [{ name: "BLS_PRIVATE_KEY", value: hex(pair.bls) }],
            args: ["--key", `0x${hex(pair.net)}`],
          },
        ],
      },
    });

    expect(checkKeysAreSecret([open], known).map(({ at }) => at)).toEqual([
      "StatefulSet a, container axon, variable BLS_PRIVATE_KEY",
      "StatefulSet a, container axon, command",
    ]);
  });

  test("are not seen in hashes, nor where keys belong", () => {
    const secret = { ...configMap(`net_privkey = "${hex(pair.net)}"`), kind: "Secret" };
    const hash = configMap(`genesis = "0x${"ab".repeat(32)}"`);

    expect(checkKeysAreSecret([secret, hash], known)).toEqual([]);
  });

  test("are each one pod's own", () => {
    const volumes = [{ name: "k", secret: { secretName: "keys-a" } }];
    const copy = setOf("b", { pod: { volumes } });
    const part = (name: string, key: string) =>
      setOf(name, {
        pod: { volumes: [{ name: "k", secret: { secretName: "all", items: [{ key }] } }] },
      });

    expect(checkKeysAreOwn([setOf("a"), setOf("b")])).toEqual([]);
    expect(checkKeysAreOwn([setOf("a"), copy])).toMatchObject([
      { code: "one-key-twice", at: "StatefulSet b", why: expect.stringContaining("Secret keys-a") },
    ]);
    expect(checkKeysAreOwn([part("a", "a.key"), part("b", "b.key")])).toEqual([]);
    expect(checkKeysAreOwn([setOf("a", { replicas: 4 })])).toMatchObject([
      { code: "keys-in-reach", at: "StatefulSet a", level: "warning" },
    ]);
  });
});

describe("the chain's data", () => {
  const place = "/var/lib/axon/data";

  test("outlives the pod on a claim", () => {
    expect(checkDataIsKept(setOf("a"), place)).toEqual([]);
  });

  test.each([
    ["an emptyDir", [{ name: "data", emptyDir: {} }], "/var/lib/axon"],
    ["a folder of the node", [{ name: "data", hostPath: { path: "/mnt" } }], "/var/lib/axon"],
    ["on no volume", [], "/elsewhere"],
    ["on no volume", [], "/var/lib/axon/data-of-another"],
  ])("is lost with the pod when it is %s", (where, volumes, mountPath) => {
    const set = setOf("a", {
      volumeClaimTemplates: [],
      pod: {
        volumes,
        containers: [{ name: "axon", volumeMounts: [{ name: "data", mountPath }] }],
      },
    });

    expect(checkDataIsKept(set, place)).toMatchObject([
      { code: "data-off-the-volume", why: expect.stringContaining(where) },
    ]);
  });
});

describe("a pod's start", () => {
  const starting = (command: string[], args?: string[]) =>
    checkStart(setOf("a", { pod: { containers: [{ name: "axon", command, args }] } }));

  test("is sound when the node is process 1, by itself or by exec", () => {
    expect(starting(["axon", "run", "-c", "c.toml"])).toEqual([]);
    expect(starting(["sh", "-c"], ["ulimit -n 65536; exec axon run -c c.toml"])).toEqual([]);
  });

  test.each([
    ["shell-is-pid-1", ["/bin/sh", "-c"], ["axon run -c c.toml"]],
    ["init-loop", ["bash", "-c"], ["axon init -c c.toml -s spec.toml && exec axon run -c c.toml"]],
    ["init-wipes", ["sh", "-c"], ["rm -rf /data; axon init -c c -s s; exec axon run -c c"]],
  ])("is %s for what hand-written manifests do", (code, command, args) => {
    expect(codes(starting(command, args))).toEqual([code]);
  });

  test("may make the chain anew where nothing is yet", () => {
    const script = "if [ ! -d /data/rocksdb ]; then axon init -c c -s s; fi; exec axon run -c c";

    expect(starting(["sh", "-c"], [script])).toEqual([]);
  });
});

describe("a set", () => {
  const strategy = (partition?: number, type = "RollingUpdate") =>
    setOf("a", { updateStrategy: { type, rollingUpdate: { partition } } });

  test("that is rendered open would be replaced by Kubernetes, once it is there", () => {
    expect(checkHolds(strategy(1), true)).toEqual([]);
    expect(checkHolds(strategy(), true)).toEqual([]);
    expect(checkHolds(strategy(0), false)).toEqual([]);
    expect(codes(checkHolds(strategy(0), true))).toEqual(["not-held"]);
    expect(codes(checkHolds(strategy(undefined, "OnDelete"), true))).toEqual(["not-held"]);
  });

  test("needs a budget that selects its pods", () => {
    const budget = parseManifests(
      "kind: PodDisruptionBudget\nmetadata: {name: b}\nspec: {selector: {matchLabels: {app: axon}}}",
    );
    const sets = [setOf("a"), setOf("b")];

    expect(checkBudget(sets, budget)).toEqual([]);
    expect(checkBudget(sets, [])).toMatchObject([
      { code: "no-budget", at: "StatefulSet a, StatefulSet b", level: "warning" },
    ]);
  });

  test("keeps what Kubernetes does not change, in whatever words", () => {
    const claims = (storage: string) => [
      { metadata: { name: "data" }, spec: { resources: { requests: { storage } } } },
    ];
    const live = setOf("a", { volumeClaimTemplates: claims("1Gi") });
    const same = setOf("a", { volumeClaimTemplates: claims("1024Mi") });
    const other = setOf("a", { volumeClaimTemplates: claims("2Gi"), serviceName: "new" });

    expect(checkImmutable(same, live)).toEqual([]);
    expect(checkImmutable(setOf("a"), undefined)).toEqual([]);
    expect(checkImmutable(other, live)).toMatchObject([
      { code: "immutable-changed", at: "StatefulSet a, spec.serviceName" },
      { code: "immutable-changed", at: "StatefulSet a, spec.volumeClaimTemplates" },
    ]);
  });
});

describe("a change of version", () => {
  test.each([
    ["v0.3.1", "v0.3.4", null, "compatible", []],
    ["v0.3.1-beta", "v0.4.0", null, "unknown", ["data-unknown"]],
    ["latest", "v0.3.1", null, "unknown", ["data-unknown"]],
    ["v0.3.1", "v0.4.0", "forward-only", "forward-only", ["data-forward-only"]],
    ["v0.3.1", "v0.4.0", "compatible", "compatible", []],
    [null, "v0.3.1", null, "compatible", []],
  ] as const)("from %s to %s, declared %s, is %s", (from, to, declared, fit, findings) => {
    expect(dataFitOf(from, to, declared)).toBe(fit);
    expect(codes(checkVersion(from, to, fit))).toEqual(findings);
  });
});
