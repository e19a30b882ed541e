import { generateKeyPair, publicHalfOf } from "@playbook/axon";
import { checkKeysAreSecret } from "../../src/preflight/keys/keys.ts";
import { checkKeysAreOwn } from "../../src/preflight/keys/own-keys.ts";
import {
  type Manifest,
  type PodSpec,
  parseManifests,
  type StatefulSet,
} from "../../src/preflight/manifest.ts";
import { checkBudget } from "../../src/preflight/sets/budgets.ts";
import { checkHeldBetween, checkHolds, checkImmutable } from "../../src/preflight/sets/holding.ts";
import { checkDataIsKept, checkRetention } from "../../src/preflight/start/data.ts";
import { checkStart } from "../../src/preflight/start/start.ts";
import { checkVersions, dataFitOf, fitOf } from "../../src/preflight/version.ts";
import { checkVotes } from "../../src/preflight/votes.ts";
import { setOf } from "./sets.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const codes = (findings: { code: string }[]) => findings.map(({ code }) => code);
const equal = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `v${index}`, weight: 1 }));

describe("the number of validators", () => {
  test.each([
    [4, 5, ["too-few-validators"]],
    [5, 5, ["no-reserve"]],
    [5, 4, ["no-reserve"]],
    [4, 4, ["minimum-lowered", "no-reserve"]],
    [2, 2, ["minimum-lowered", "validator-indispensable"]],
  ])("%i where %i are asked for is %j", (count, fewest, expected) => {
    expect(codes(checkVotes(equal(count), fewest))).toEqual(expected);
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
    const other = { "logo.bin": Buffer.from(generateKeyPair().net).toString("base64") };
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

  const base64 = (text: Uint8Array | string) => Buffer.from(text as string).toString("base64");
  const fileOf = (key: Uint8Array) =>
    `${"# a line of what is no key\n".repeat(40)}seed = "0x${hex(key)}"\n${"a = 1\n".repeat(90)}`;
  /** As openssl writes one: version, key, curve. */
  const pemOf = (key: Uint8Array) => {
    const der = `302e0201010420${hex(key)}a00706052b8104000a`;
    const lines = base64(Buffer.from(der, "hex")).match(/.{1,64}/g) ?? [];
    return ["-----BEGIN EC PRIVATE KEY-----", ...lines, "-----END EC PRIVATE KEY-----"];
  };
  test.each([
    ["hex in base64", `seed = "${base64(hex(pair.net))}"`],
    ["hex with 0x in base64", `seed = "${base64(`0x${hex(pair.net)}\n`)}"`],
    ["base64 in base64", `seed: ${base64(base64(pair.bls))}`],
    ["base64 of URLs", `seed: ${Buffer.from(pair.net).toString("base64url")}`],
    ["hex after 0X", `seed: 0X${hex(pair.net).toUpperCase()}`],
    ["bytes of JSON", `{ "seed": [${[...pair.net].join(", ")}] }`],
    [
      "bytes in hex, one a line",
      `seed = {\n${[...pair.bls].map((one) => `0x${one.toString(16)},`).join("\n")}\n}`,
    ],
    ["two halves", `a: ${hex(pair.net).slice(0, 32)}\nb: 0x${hex(pair.net).slice(32)}`],
    [
      "two halves, the last one first",
      `a: ${hex(pair.bls).slice(32)}\nb: ${hex(pair.bls).slice(0, 32)}`,
    ],
    ["hex with colons", `priv:\n    ${hex(pair.net).replace(/..(?=.)/g, "$&:")}\npub:\n    04:aa`],
    ["hex with a zero before, in lines", `01\n 00:${hex(pair.net).replace(/..(?=.)/g, "$&:\n ")}`],
    ["hex with spaces", `seed: ${hex(pair.bls).replace(/..(?=.)/g, "$& ")}`],
    ["a whole file in base64", `b64: ${base64(fileOf(pair.net))}`],
    ["a file in lines of base64", base64(fileOf(pair.bls)).replace(/.{76}/g, "$&\n")],
    ["a PEM", pemOf(pair.net).join("\n")],
    ["a PEM in JSON", JSON.stringify({ pem: pemOf(pair.net).join("\n") })],
    ["what printf makes bytes of", `printf '${hex(pair.net).replace(/../g, "\\x$&")}' > /k`],
  ])("are found as %s", (_, text) => {
    const nobodys = text.includes("BEGIN") ? ["key-in-the-open"] : [];

    expect(checkKeysAreSecret([configMap(text)], known)).toMatchObject([
      { code: "key-in-the-open", next: expect.stringContaining("create-axon-keys") },
    ]);
    expect(codes(checkKeysAreSecret([configMap(text)], [publicHalfOf(generateKeyPair())]))).toEqual(
      nobodys,
    );
  });

  test("of other programs are in the open in a ConfigMap, and not in a Secret, nor where none is", () => {
    const body = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";
    const pem = (name = "PRIVATE KEY", lines = body) =>
      `-----BEGIN ${name}-----\n${lines}\n-----END ${name}-----`;
    const secret = { kind: "Secret", metadata: { name: "tls" }, stringData: { "tls.key": pem() } };
    const of = (text: string) => codes(checkKeysAreSecret([configMap(text)], known));

    expect(of(pem())).toEqual(["key-in-the-open"]);
    expect(of(pem("RSA PRIVATE KEY"))).toEqual(["key-in-the-open"]);
    expect(of(pem("CERTIFICATE"))).toEqual([]);
    expect(of(pem("ENCRYPTED PRIVATE KEY"))).toEqual([]);
    expect(of(pem("PRIVATE KEY", "{{ .tls }}"))).toEqual([]);
    expect(of("grep -q 'BEGIN PRIVATE KEY' /tls.key")).toEqual([]);
    expect(checkKeysAreSecret([secret], known)).toEqual([]);
  });

  test("are found in halves that are apart, and as numbers of values", () => {
    const half = (name: string, from: number): Manifest => ({
      ...{ kind: "ConfigMap", metadata: { name } },
      data: { part: hex(pair.net).slice(from, from + 32) },
    });
    const values = {
      kind: "Values",
      metadata: { name: "set" },
      spec: { a: { raw: [...pair.bls] } },
    };

    expect(checkKeysAreSecret([half("one", 0), half("two", 32), values], known)).toMatchObject([
      { at: "Values set, spec.a.raw" },
      { at: "ConfigMap one, part and ConfigMap two, part" },
    ]);
    expect(checkKeysAreSecret([half("one", 0), half("two", 30)], known)).toEqual([]);
  });

  test("are not seen in public keys, sums and lists that are none", () => {
    const bytes = [...generateKeyPair().net];
    const text = [
      `public_key = [${bytes}]`,
      `node_public_key = "${hex(Buffer.from(bytes))}"`,
      `node_key_pub = "${hex(Buffer.from(bytes))}"`,
      `node_key_fingerprint = "${hex(Buffer.from(bytes))}"`,
      `validator_key_id = "${hex(Buffer.from(bytes))}"`,
      `privkey = [${bytes.map(() => 0)}]`,
      `md5 = ["${"ab".repeat(16)}", "${"cd".repeat(16)}"]`,
      `ports = [${bytes.map((one) => one + 800)}]`,
      `mainnet = "0x${hex(Buffer.from(bytes))}"`,
      `consensus_root = "0x${hex(Buffer.from(bytes))}"`,
      `{"bls":"${known[0]?.blsPublicKey}","net":"${known[0]?.publicKey}","p2p":"${known[0]?.address}"}`,
      `consensus_key_hash: "${hex(Buffer.from(bytes))}"`,
      `sha256 = ${hex(Buffer.from(bytes)).replace(/..(?=.)/g, "$&:")}`,
    ].join("\n");
    const named: Manifest = {
      ...{ kind: "ConfigMap", metadata: { name: "peers" } },
      data: { consensusPubKey: hex(Buffer.from(bytes)), "node.pub": hex(Buffer.from(bytes)) },
    };

    expect(checkKeysAreSecret([configMap(text), named], known)).toEqual([]);
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

  test("are not seen in hashes, nor in what is no key of a node", () => {
    const secret = (data: Record<string, string>) =>
      ({ kind: "Secret", metadata: { name: "others" }, stringData: data }) as Manifest;
    const hash = configMap(`genesis = "0x${"ab".repeat(32)}"`);
    const others = { "encryption-key": "ab".repeat(32), "tls.key": "-----BEGIN PRIVATE KEY-----" };
    const field = configMap(
      `private_key_hash = "${"ab".repeat(32)}"\nprivate_key = "0x${"00".repeat(32)}"`,
    );

    const noted = setOf("a", {
      pod: {
        containers: [
          {
            name: "n",
            env: [{ name: "NODE_KEY_FILE", value: "/var/lib/node/config/node_k.json" }],
          },
        ],
      },
    });
    noted.metadata.annotations = { "checksum/net-key": "ab".repeat(32) };

    expect(checkKeysAreSecret([secret(others), hash, field, noted], known)).toEqual([]);
  });

  test.each<[string, Partial<Manifest>]>([
    ["in hex", { stringData: { "net.key": hex(generateKeyPair().net) } }],
    ["raw", { data: { "bls.key": Buffer.from(generateKeyPair().bls).toString("base64") } }],
    ["by their public half alone", { stringData: { whatever: `x=${hex(pair.net)}` } }],
  ])(
    "in a Secret that the chart renders are found, since they are in its values: %s",
    (_, data) => {
      const secret = { kind: "Secret", metadata: { name: "keys" }, ...data };

      expect(checkKeysAreSecret([secret], known)).toMatchObject([
        { code: "key-in-the-open", why: expect.stringContaining("in the chart's values") },
      ]);
    },
  );

  const unknown = hex(generateKeyPair().net);
  test.each<[string, Record<string, string>]>([
    ["an entry's name", { NET_PRIVKEY: unknown }],
    ["an entry that is called after one of both", { "node-1.bls": unknown }],
    ["a file's name", { "node_1_net.key": `${unknown}\n` }],
    ["a field with hyphens", { "v.yaml": `net-private-key: ${unknown}` }],
    [
      "a field of base64",
      { "v.yaml": `blsKey: "${Buffer.from(unknown, "hex").toString("base64")}"` },
    ],
    [
      "a field of bytes",
      { "v.json": `{ "netPrivateKey": [${[...Buffer.from(unknown, "hex")]}] }` },
    ],
    ["a file of bytes", { "net.key": JSON.stringify([...Buffer.from(unknown, "hex")]) }],
    ["a bare name of JSON", { "v.json": `[{"name":"axon-0","bls":"0x${unknown}"}]` }],
    ["the key of consensus", { "v.yaml": `- consensusKey: "${unknown}"` }],
    ["a signer's key", { "v.yaml": `signer-key: ${unknown}` }],
    ["Axon's field of old", { "node.toml": `privkey = "0x${unknown}"` }],
    ["the field of another chain's client", { "node.toml": `pk = "0x${unknown}"` }],
    ["words that are a seed", { SEED_WORDS: `${"test ".repeat(11)}junk` }],
    ["words", { "node.toml": `mnemonic = "${"test ".repeat(11)}junk"` }],
  ])("of validators that nobody knows yet are found by %s", (_, data) => {
    const object = { kind: "ConfigMap", metadata: { name: "config" }, data };

    expect(codes(checkKeysAreSecret([object], []))).toEqual(["key-in-the-open"]);
  });

  test("are found in objects of any kind", () => {
    const objects = parseManifests(`
kind: CronJob
metadata: { name: job }
spec: { jobTemplate: { spec: { template: { spec: { containers: [
  { name: a, env: [{ name: NET_PRIVATE_KEY, value: "${unknown}" }] } ] } } } } }
---
kind: Signer
metadata: { name: own }
spec: { nodes: [{ privateKey: "0x${unknown}" }] }
`);

    expect(checkKeysAreSecret(objects, []).map(({ at }) => at)).toEqual([
      "CronJob job, container a, variable NET_PRIVATE_KEY",
      "Signer own, spec.nodes[0].privateKey",
    ]);
  });

  test("are looked for in a release of thousands of hashes within seconds", () => {
    const hashes = Array.from({ length: 5000 }, (_, at) => at.toString(16).padStart(64, "f"));
    const began = Date.now();

    expect(checkKeysAreSecret([configMap(hashes.join("\n"))], known)).toEqual([]);
    expect(Date.now() - began).toBeLessThan(15_000);
  });

  test("are looked for in a megabyte of certificates and other files within seconds", () => {
    const random = (length: number) =>
      Buffer.from(Array.from({ length }, (_, at) => (at * 7919 + (at >> 3)) % 251));
    const lines = base64(random(300_000)).replace(/.{64}/g, "$&\n");
    const bundle = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----`;
    const modulus = random(100_000)
      .toString("hex")
      .replace(/..(?=.)/g, "$&:");
    const began = Date.now();

    expect(
      checkKeysAreSecret([configMap(bundle), configMap(base64(bundle)), configMap(modulus)], known),
    ).toEqual([]);
    expect(Date.now() - began).toBeLessThan(5_000);
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

test.each<[string, Partial<PodSpec>]>([
  ["by its name", { nodeName: "n1" }],
  ["by its label", { nodeSelector: { "kubernetes.io/hostname": "n1" } }],
])("data in a folder of the one node that a pod may run on, %s, is told and borne", (_, pinned) => {
  const volumes = [{ name: "data", hostPath: { path: "/mnt" } }];
  const volumeMounts = [{ name: "data", mountPath: "/d" }];
  const containers = [{ name: "axon", volumeMounts }];
  const of = (pod: Partial<PodSpec>) =>
    checkDataIsKept(
      setOf("a", { volumeClaimTemplates: [], pod: { volumes, containers, ...pod } }),
      "/d",
    ).map(({ level }) => level);

  expect(of(pinned)).toEqual(["warning"]);
  expect(of({ nodeSelector: { zone: "a" } })).toEqual(["error"]);
});

test.each(["${DATA}/chain", "__DATA__", "{{ data }}"])(
  "data of which %s has the place is told as not known",
  (path) => {
    expect(checkDataIsKept(setOf("a"), path)).toMatchObject([
      { code: "data-off-the-volume", level: "warning", why: expect.stringContaining("not known") },
    ]);
    expect(checkDataIsKept(setOf("a", { volumeClaimTemplates: [] }), path)).toMatchObject([
      { code: "data-off-the-volume", level: "error" },
    ]);
  },
);

test.each([
  [{ whenScaled: "Delete" }, "scaled to zero"],
  [{ whenScaled: "Retain", whenDeleted: "Delete" }, "deleted"],
])("claims that go with their set are told: %j", (persistentVolumeClaimRetentionPolicy, when) => {
  const retain = { whenDeleted: "Retain", whenScaled: "Retain" };

  expect(checkRetention(setOf("a", { persistentVolumeClaimRetentionPolicy }))).toMatchObject([
    { code: "claims-deleted", level: "warning", why: expect.stringContaining(when) },
  ]);
  expect(checkRetention(setOf("a"))).toEqual([]);
  expect(checkRetention(setOf("a", { persistentVolumeClaimRetentionPolicy: retain }))).toEqual([]);
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

  test("that is rendered open would be replaced by Kubernetes, if not now then later", () => {
    expect(checkHolds(strategy(1))).toEqual([]);
    expect(checkHolds(strategy())).toEqual([]);
    expect(codes(checkHolds(strategy(0)))).toEqual(["not-held"]);
    expect(codes(checkHolds(strategy(undefined, "OnDelete")))).toEqual(["not-held"]);
  });

  describe("that Helm brings from one revision to another, and back", () => {
    const pod = { terminationGracePeriodSeconds: 5 };
    const changed = (partition?: number) =>
      setOf("a", { pod, updateStrategy: { rollingUpdate: { partition } } });
    const between = (last: StatefulSet, next: StatefulSet, isHalfWay = false) =>
      checkHeldBetween([next], { last: [last], back: [last], isHalfWay });

    test.each<[string, StatefulSet, StatefulSet, string[]]>([
      ["a hold in both", strategy(1), changed(1), []],
      ["a partition in neither", strategy(), changed(), []],
      ["none to hold before", strategy(0), changed(1), ["way-back-open"]],
      ["OnDelete before", strategy(undefined, "OnDelete"), changed(), ["way-back-open"]],
      ["a hold that the one before lacks", strategy(), changed(1), ["way-back-open"]],
      ["a hold that is taken away", strategy(1), changed(), ["not-held"]],
      ["the same pods, and a hold now", strategy(0), strategy(1), []],
    ])("with %s", (_, last, next, expected) => {
      expect(codes(between(last, next))).toEqual(expected);
    });

    test("has pods of other revisions while a rollout is half-way", () => {
      expect(codes(between(strategy(0), strategy(1), true))).toEqual(["way-back-open"]);
    });

    test("is told how it can be gone back to", () => {
      expect(between(strategy(0), changed(1))).toMatchObject([
        {
          at: "StatefulSet a",
          why: expect.stringMatching(/renders partition 0: .* whether or not they vote/),
          next: expect.stringContaining('with the "hold-values" and nothing else changed'),
        },
      ]);
    });

    test("cannot be gone back to where nothing is to be", () => {
      const none = { last: [strategy(0)], back: [], isHalfWay: false };
      expect(checkHeldBetween([changed(1)], none)).toEqual([]);
    });
  });

  test("needs a budget that selects its pods", () => {
    const budget = parseManifests(
      "kind: PodDisruptionBudget\nmetadata: {name: b}\nspec: " +
        "{selector: {matchLabels: {app: axon}}}",
    );
    const sets = [setOf("a"), setOf("b")];

    expect(checkBudget(sets, budget)).toEqual([]);
    expect(checkBudget(sets, [])).toMatchObject([
      { code: "no-budget", at: "StatefulSet a, StatefulSet b", level: "warning" },
    ]);
  });

  const budgetOf = (spec: object, name = "b") =>
    ({ kind: "PodDisruptionBudget", metadata: { name }, spec }) as Manifest;
  const five = ["a", "b", "c", "d", "e"].map((name) => setOf(name));
  const all = { matchLabels: { app: "axon" } };
  const oneOf = (name: string) => ({ matchLabels: { validator: name } });

  test.each([
    [{ maxUnavailable: 1, selector: all }, []],
    [{ maxUnavailable: 1, selector: {} }, []],
    [
      {
        maxUnavailable: 1,
        selector: { matchExpressions: [{ key: "app", operator: "In", values: ["axon"] }] },
      },
      [],
    ],
    [{ maxUnavailable: "20%", selector: all }, []],
    [{ minAvailable: 4, selector: all }, []],
    [{ minAvailable: "80%", selector: all }, []],
    [{ maxUnavailable: 0, selector: all }, ["budget-closed"]],
    [{ minAvailable: "100%", selector: all }, ["budget-closed"]],
    [{ minAvailable: 5, selector: all }, ["budget-closed"]],
    [{ minAvailable: 3, selector: all }, ["budget-loose"]],
    [{ minAvailable: 1, selector: all }, ["budget-loose"]],
    [{ maxUnavailable: "50%", selector: all }, ["budget-loose"]],
    [{ maxUnavailable: 1, selector: { matchLabels: { app: "other" } } }, ["no-budget"]],
    [{ maxUnavailable: 1 }, ["no-budget"]],
  ])("of five with the budget %j is guarded, but for %j", (spec, expected) => {
    expect(codes(checkBudget(five, [...five, budgetOf(spec)]))).toEqual(expected);
  });

  test("has one budget with all others, and no more than the chain can miss", () => {
    const each = five.map((set) =>
      budgetOf({ maxUnavailable: 1, selector: oneOf(set.metadata.name) }, set.metadata.name),
    );
    const one = budgetOf({ maxUnavailable: 1, selector: all });
    const seven = [...five, setOf("f"), setOf("g")];
    const two = budgetOf({ maxUnavailable: 2, selector: all });
    const shut = {
      ...budgetOf({ maxUnavailable: 0, selector: all }),
      metadata: {
        name: "b",
        annotations: { "playbook/budget-before": JSON.stringify({ maxUnavailable: 1 }) },
      },
    };

    expect(codes(checkBudget(five, [...five, ...each]))).toEqual(["budget-loose"]);
    expect(codes(checkBudget(five, [...five, one, ...each.slice(0, 1)]))).toEqual([
      "budgets-overlap",
    ]);
    expect(checkBudget(seven, [...seven, two], equal(7))).toEqual([]);
    expect(checkBudget(five, [...five, shut])).toEqual([]);
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

  const claim = (spec: object, metadata = {}) => [
    { metadata: { name: "data", ...metadata }, spec: { accessModes: ["ReadWriteOnce"], ...spec } },
  ];
  const asServed = [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", creationTimestamp: null },
      spec: { accessModes: ["ReadWriteOnce"], volumeMode: "Filesystem" },
      status: { phase: "Pending" },
    },
  ];
  const labelled = { app: "axon", validator: "a", more: "yes" };

  test.each([
    ["serviceName", { serviceName: undefined }, {}],
    ["podManagementPolicy", { podManagementPolicy: undefined }, {}],
    ["volumeClaimTemplates", { volumeClaimTemplates: undefined }, {}],
    [
      "volumeClaimTemplates",
      { volumeClaimTemplates: claim({}) },
      {
        volumeClaimTemplates: claim({ storageClassName: "gp3" }),
      },
    ],
    [
      "volumeClaimTemplates",
      { volumeClaimTemplates: claim({}) },
      {
        volumeClaimTemplates: claim({}, { labels: { a: "b" } }),
      },
    ],
    ["selector", {}, { selector: { matchLabels: labelled } }],
    ["selector", { selector: { matchLabels: labelled } }, {}],
  ])("loses nothing of its %s that Kubernetes does not change", (field, rendered, there) => {
    const at = `StatefulSet a, spec.${field}`;

    expect(checkImmutable(setOf("a", rendered), setOf("a", there))).toMatchObject([{ at }]);
  });

  test.each([
    [{ volumeClaimTemplates: undefined }, { volumeClaimTemplates: [] }],
    [{ volumeClaimTemplates: null as never }, { volumeClaimTemplates: [] }],
    [{ volumeClaimTemplates: claim({}) }, { volumeClaimTemplates: asServed }],
    [
      { volumeClaimTemplates: claim({ storageClassName: null }) },
      {
        volumeClaimTemplates: asServed,
      },
    ],
    [{ podManagementPolicy: undefined }, { podManagementPolicy: "OrderedReady" }],
    [{ serviceName: undefined }, { serviceName: "" }],
  ])("may leave out what the API server adds: %j", (rendered, there) => {
    expect(checkImmutable(setOf("a", rendered), setOf("a", there))).toEqual([]);
  });

  const sized = (storage: string, more = {}) =>
    claim({ resources: { requests: { storage } }, storageClassName: "gp3", ...more });

  test.each([
    ["no claim shrinks", sized("10Gi")],
    ["Grow the claims themselves", sized("100Gi")],
    ["Keep the class", sized("100Gi", { storageClassName: "io2" })],
    ["Keep them as they are", claim({ ...sized("50Gi")[0]?.spec }, { labels: { chart: "2" } })],
    ["Keep them as they are", []],
  ])("is told of its claims: %s", (next, volumeClaimTemplates) => {
    const there = setOf("a", { volumeClaimTemplates: sized("50Gi") });

    expect(checkImmutable(setOf("a", { volumeClaimTemplates }), there)).toMatchObject([
      { next: expect.stringContaining(next) },
    ]);
  });

  test("keeps what Helm never set, though the chart does not say it", () => {
    const there = setOf("a");
    const fieldsV1 = { "f:spec": { "f:podManagementPolicy": {} } };
    const by = (manager: string) => {
      const managedFields = [{ manager, operation: "Update", fieldsV1 }];
      const metadata = { ...there.metadata, managedFields } as Manifest["metadata"];
      return { ...there, metadata };
    };
    const silent = setOf("a", { podManagementPolicy: undefined });

    expect(checkImmutable(silent, by("kubectl"))).toEqual([]);
    expect(checkImmutable(silent, by("helm"))).toHaveLength(1);
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
    ["latest", "latest", null, "compatible", ["version-moves"]],
    ["v0.3.1", "main", "compatible", "compatible", ["version-moves"]],
    [null, "v0.3", null, "compatible", ["version-moves"]],
    [null, "20231105", null, "compatible", []],
    [null, "sha256:0f0f", null, "compatible", []],
  ] as const)("from %s to %s, declared %s, is %s", (from, to, declared, fit, findings) => {
    expect(dataFitOf(from, to, declared)).toBe(fit);
    expect(fitOf([{ from, to }], declared)).toBe(fit);
    expect(codes(checkVersions([{ from, to }], declared))).toEqual(findings);
  });

  const next = (from: string | null, to = "v0.3.2") => ({ from, to });

  test("is each pod's own: the worst of all counts", () => {
    const under = [next("v0.4.0", "v0.4.0"), next("v0.3.1", "v0.4.0")];
    const newest = [next("v0.3.1", "v0.3.1"), next("v0.3.1", "v0.4.0"), next(null, "v0.3.1")];

    expect(fitOf(under, null)).toBe("unknown");
    expect(codes(checkVersions(under, null))).toEqual(["data-unknown"]);
    expect(codes(checkVersions(under, "forward-only"))).toEqual(["data-forward-only"]);
    expect(codes(checkVersions(newest, null))).toEqual(["data-unknown", "versions-mixed"]);
    expect(checkVersions([next("v0.3.1"), next("v0.3.2")], null)).toEqual([]);
  });

  test("is told when it goes down", () => {
    const down = checkVersions([next("v0.3.9", "v0.3.1")], null);

    expect(down).toMatchObject([{ code: "version-downgrade", level: "warning" }]);
    expect(checkVersions([next("v0.3.9", "v0.3.10")], null)).toEqual([]);
  });
});
