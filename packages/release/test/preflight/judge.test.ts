import fc from "fast-check";
import { stringify } from "yaml";
import { specTextOf } from "../../../axon/test/spec-text.ts";
import { type Case, judge } from "../../src/preflight/judge.ts";
import {
  type Manifest,
  parseManifests,
  type StatefulSet,
  type Volume,
} from "../../src/preflight/manifest.ts";
import { configMap, configOf, type Keys, newKeys } from "./node-files.ts";
import { setOf } from "./sets.ts";

const keys = newKeys(5);
const names = keys.map((_, at) => `axon-${at}`);

const budget: Manifest = {
  kind: "PodDisruptionBudget",
  metadata: { name: "all" },
  spec: { maxUnavailable: 1, selector: { matchLabels: { app: "axon" } } },
};

/** What is found beside what so few validators always are told. */
function found(manifests: Manifest[], changes: Partial<Case> = {}): string[] {
  const findings = judge({
    ...{ manifests: [...manifests, budget], validators: new Set(names), live: new Map() },
    ...{ files: [], set: undefined, fewest: 5 },
    changes: [],
    data: null,
    ...changes,
  });
  return findings
    .filter(({ code }) => !["no-reserve", "minimum-lowered"].includes(code))
    .map(({ code, level, at }) => `${code}${level === "error" ? "" : "?"} ${at}`);
}

type Changes = {
  config?: string;
  files?: Volume;
  mounts?: { name: string; mountPath: string; subPath?: string }[];
  volumes?: Volume[];
  command?: string[];
  workingDir?: string;
  annotations?: Record<string, string>;
};

const DATA = { name: "data", mountPath: "/var/lib/axon" };
const FILES = { name: "files", mountPath: "/etc/axon" };
const KEYS = { name: "keys", mountPath: "/var/run/axon/keys" };

function nodeSet(name: string, changes: Changes = {}): StatefulSet {
  const { files = { name: "files", configMap: { name: "files" } }, workingDir } = changes;
  const set = setOf(name, {
    pod: {
      containers: [
        {
          name: "axon",
          image: "r/axon:v0.3.1",
          command: changes.command ?? ["axon", "run", "-c", "/etc/axon/config.toml"],
          volumeMounts: changes.mounts ?? [DATA, FILES, KEYS],
          ...(workingDir !== undefined && { workingDir }),
        },
      ],
      volumes: [
        files,
        { name: "keys", secret: { secretName: `keys-${name}` } },
        ...(changes.volumes ?? []),
      ],
    },
  });
  const { annotations } = changes;
  return { ...set, metadata: { ...set.metadata, ...(annotations && { annotations }) } };
}

const filesOf = (config: string, spec = specTextOf(keys)) =>
  configMap("files", { "config.toml": config, "spec.toml": spec });

const all = (changes: Changes = {}) => names.map((name) => nodeSet(name, changes));

/** Every set with a configuration of its own. */
function each(change: (at: number) => { config: string } & Changes): Manifest[] {
  return [
    configMap("spec", { "spec.toml": specTextOf(keys) }),
    ...names.flatMap((name, at) => {
      const { config, ...changes } = change(at);
      const files = { name: "files", configMap: { name: `files-${at}` } };
      return [
        configMap(`files-${at}`, { "config.toml": config }),
        nodeSet(name, { files, ...changes }),
      ];
    }),
  ];
}

test("nothing is found in a chain that is well", () => {
  expect(found([filesOf(configOf(keys)), ...all()])).toEqual([]);
});

test("a key among the values is found, though nothing but a Secret is made of it", () => {
  const values = {
    ...{ kind: "Values", metadata: { name: "deploy/axon.yaml" } },
    spec: { nodes: [{ netPrivateKey: "ab".repeat(32) }] },
  };

  expect(found([filesOf(configOf(keys)), ...all()], { values: [values] })).toEqual([
    "key-in-the-open Values deploy/axon.yaml, spec.nodes[0].netPrivateKey",
  ]);
});

test("a key in a ConfigMap that is there is found where a set goes on with it", () => {
  const volumes = [{ name: "old", configMap: { name: "old" } }];
  const old = configMap("old", { "c.toml": `privkey = "0x${"ab".repeat(32)}"` });
  const well = [filesOf(configOf(keys))];
  const open = ["key-in-the-open ConfigMap old, c.toml"];

  expect(found([...well, ...all({ volumes })], { files: [old] })).toEqual(open);
  expect(found([...well, ...all()], { files: [old] })).toEqual([]);
  expect(found([...well, configMap("old", {}), ...all({ volumes })], { files: [old] })).toEqual([]);
});

test("key files that are not where nodes look for them are no keys in the open", () => {
  expect(found([filesOf(configOf(keys, { keys: "" })), ...all()])).toEqual(
    names.flatMap((name) => [
      `key-file-missing StatefulSet ${name}, net_privkey_file`,
      `key-file-missing StatefulSet ${name}, bls_privkey_file`,
    ]),
  );
});

describe("where the chain's data is", () => {
  const at = (folder: string) => ({ mounts: [{ ...DATA, mountPath: folder }, FILES, KEYS] });

  test("is what variables make of its configuration before the node starts", () => {
    const command = ["axon", "run", "-c", "/rendered/config.toml"];
    const filled = (
      value: string,
      script = "envsubst < /in > /rendered/c",
      data = "${DATA_DIR}",
    ) => {
      const config = filesOf(configOf(keys, { data }));
      const sets = all({ command }).map((set) => {
        const { spec } = set.spec.template;
        const env = [{ name: "DATA_DIR", value }];
        const fill = { name: "fill", command: ["sh", "-c", script], env };
        Object.assign(spec, { initContainers: [fill] });
        return set;
      });
      return found([config, ...sets]);
    };

    expect(filled("/var/lib/axon")).toEqual([]);
    const sed = 'sed "s|__DATA__|$DATA_DIR|g" /in > /rendered/c';
    expect(filled("/var/lib/axon", sed, "__DATA__")).toEqual([]);
    expect(filled("/tmp/axon", sed, "__DATA__")).toHaveLength(5);
    const other = "export DATA_DIR=/tmp/axon; envsubst < /in > /rendered/c";
    expect(filled("/var/lib/axon", other)[0]).toBe("data-off-the-volume? StatefulSet axon-0");
    expect(filled("/tmp/axon")).toEqual(
      names.map((name) => `data-off-the-volume StatefulSet ${name}`),
    );
  });

  test.each(["${DATA_DIR}", "/var/lib/axon/__POD__", "{{ data }}"])(
    "is nowhere that anybody meant where %s is read as it is",
    (data) => {
      expect(found([filesOf(configOf(keys, { data })), ...all()])).toEqual(
        names.map((name) => `data-off-the-volume StatefulSet ${name}`),
      );
    },
  );

  test.each<[string, Changes]>([
    ["./devtools/chain/data", at("/app/devtools/chain/data")],
    ["devtools/chain/data/node_1", at("/app/devtools/chain/data")],
    ["./data", { ...at("/app/data"), workingDir: "/app" }],
    ["data", { ...at("/app"), workingDir: "/app" }],
  ])("%s is a path from a working directory", (data, changes) => {
    expect(found([filesOf(configOf(keys, { data })), ...all(changes)])).toEqual([]);
  });

  test.each<[string, Changes, string]>([
    ["./data1", at("/app/data/node_1"), "data-off-the-volume?"],
    ["./data1", { ...at("/app/data/node_1"), workingDir: "/app" }, "data-off-the-volume"],
    [
      "./data1",
      { ...at("/app/data/node_1"), command: ["./axon", "run", "-c", "/etc/axon/config.toml"] },
      "data-off-the-volume",
    ],
    ["./data1", { mounts: [FILES, KEYS] }, "data-off-the-volume"],
    [
      "/var/lib/axon",
      {
        mounts: [DATA, FILES, KEYS, { name: "fast", mountPath: "/var/lib/axon/rocksdb" }],
        volumes: [{ name: "fast", emptyDir: {} }],
      },
      "data-off-the-volume",
    ],
  ])("%s is not where the claim is", (data, changes, code) => {
    const manifests = [filesOf(configOf(keys, { data })), ...all(changes)];

    expect(found(manifests)).toEqual(names.map((name) => `${code} StatefulSet ${name}`));
  });

  test("what is put over the logs or the keys beside the data takes nothing from it", () => {
    const mounts = [DATA, FILES, KEYS, { name: "logs", mountPath: "/var/lib/axon/logs" }];
    const changes = { mounts, volumes: [{ name: "logs", emptyDir: {} }] };

    expect(found([filesOf(configOf(keys)), ...all(changes)])).toEqual([]);
  });

  test("is each set's own matter", () => {
    const own = each((index) => ({
      config: configOf(keys, { data: `/data${index}` }),
      ...at(`/data${index}`),
    }));
    const astray = each((index) => ({
      config: configOf(keys, { data: index === 2 ? "/elsewhere" : "/var/lib/axon" }),
    }));
    const rpc = configMap("a-rpc", { "config.toml": configOf(keys, { data: "/rpc" }) });
    const follower = {
      ...nodeSet("rpc", { files: { name: "files", configMap: { name: "a-rpc" } }, ...at("/rpc") }),
    };

    expect(found(own)).toEqual([]);
    expect(found(astray)).toEqual(["data-off-the-volume StatefulSet axon-2"]);
    expect(found([rpc, follower, filesOf(configOf(keys)), ...all()])).toEqual([]);
  });

  test.each<[string, Manifest, Volume]>([
    [
      "a Secret",
      {
        kind: "Secret",
        metadata: { name: "c" },
        stringData: { "config.toml": configOf(keys, { data: "/tmp" }) },
      },
      { name: "files", secret: { secretName: "c" } },
    ],
    [
      "a file that Axon does not take any more",
      configMap("c", { "config.toml": 'data_path = "/tmp"\nprivkey_path = "x"' }),
      { name: "files", configMap: { name: "c" } },
    ],
  ])("is read in %s", (_, object, files) => {
    const spec = configMap("spec", { "spec.toml": specTextOf(keys) });

    expect(found([spec, object, ...all({ files })])).toEqual(
      expect.arrayContaining(names.map((name) => `data-off-the-volume StatefulSet ${name}`)),
    );
  });

  test("is read in what the pods have, where the chart does not render it", () => {
    const there = { ...filesOf(configOf(keys, { data: "/tmp" })), kind: undefined };
    const set = keys.map(({ publicKey }) => ({ id: publicKey, weight: 1 }));

    expect(found(all(), { files: [there as never], set })).toEqual(
      names.map((name) => `data-off-the-volume StatefulSet ${name}`),
    );
  });

  test("is read in what was made for them before, with the chain spec in it", () => {
    const made = { ...filesOf(configOf(keys, { data: "/tmp" })), kind: undefined } as never;

    expect(found(all(), { beside: [made] })).toEqual(
      names.map((name) => `data-off-the-volume StatefulSet ${name}`),
    );
    expect(found([filesOf(configOf(keys)), ...all()], { beside: [made] })).toEqual([]);
  });

  test("is not known without a configuration: it is told, and what is on no claim is found", () => {
    const set = keys.map(({ publicKey }) => ({ id: publicKey, weight: 1 }));
    const mounts = [FILES, KEYS];

    expect(found(all(), { set })).toEqual(
      names.map((name) => `config-unseen? StatefulSet ${name}`),
    );
    expect(found(all({ mounts }), { set })).toEqual(
      names.map((name) => `data-off-the-volume StatefulSet ${name}`),
    );
  });

  test("a Secret that is no TOML is not told line by line", () => {
    const secret = {
      ...{ kind: "Secret", metadata: { name: "c" } },
      stringData: { "config.toml": `data_path = "/var/lib/axon"\nprivkey = 0xabcdefg` },
    };
    const files = { name: "files", secret: { secretName: "c" } };
    const findings = judge({
      ...{ manifests: [secret, ...all({ files })], validators: new Set(names), live: new Map() },
      ...{ files: [], set: undefined, fewest: 5 },
      changes: [],
      data: null,
    });

    expect(findings.map(({ code }) => code)).toContain("axon-file");
    expect(JSON.stringify(findings)).not.toContain("abcdefg");
  });
});

describe("a configuration", () => {
  test("may leave out the metrics, and its node's own address", () => {
    const bare = configOf(keys).replace(/\[prometheus\]\n.*\n/, "");
    const others = each((at) => ({
      config: configOf(keys, { peers: keys.filter((_, index) => index !== at) }),
    }));

    expect(found([filesOf(bare), ...all()])).toEqual([
      "axon-file? ConfigMap files, config.toml, prometheus.listening_address",
    ]);
    expect(found(others)).toEqual([]);
  });

  test("that leads to nobody is found, whichever set has it", () => {
    const lost = each((at) => ({
      config: configOf(keys, { peers: at === 3 ? newKeys(2) : keys }),
    }));
    const own = ({ publicKey }: Keys) => ({ "axon/public-key": publicKey });
    const partly = each((at) => ({
      config: configOf(keys, { peers: keys.filter((_, index) => index !== 0) }),
      annotations: own(keys[at] as Keys),
    }));

    expect(new Set(found(lost))).toEqual(
      new Set(["axon-file ConfigMap files-3, config.toml, network.bootstraps"]),
    );
    expect(found(partly)).toEqual(
      [1, 2, 3, 4].map((at) => `axon-file? ConfigMap files-${at}, config.toml, network.bootstraps`),
    );
  });
});

describe("a chain spec", () => {
  test("may list its validators in one line", () => {
    const list = keys.map(
      ({ publicKey, blsPublicKey, address }) =>
        `{ bls_pub_key = "${blsPublicKey}", pub_key = "${publicKey}", address = "${address}", ` +
        "propose_weight = 1, vote_weight = 1 }",
    );
    const whole = specTextOf(keys);
    const spec = whole
      .slice(0, whole.indexOf("[[params.verifier_list]]"))
      .replace("epoch = 0", `epoch = 0\nverifier_list = [ ${list.join(", ")} ]`);

    expect(found([filesOf(configOf(keys), spec), ...all()])).toEqual([]);
    expect(found([filesOf(configOf(keys), spec), ...all()], { fewest: 6 })).toEqual([
      "too-few-validators 5 validators",
    ]);
  });

  test("that is not seen is told, and the pods are counted in its place", () => {
    const files = configMap("files", { "config.toml": configOf(keys) });

    expect(found([files, ...all()])).toEqual(["spec-unseen? Chain spec"]);
    expect(found([files, ...all()], { fewest: 6 })).toEqual([
      "too-few-validators 5 validators",
      "spec-unseen? Chain spec",
    ]);
  });
});

describe("the shape that Axon's own repository has, of four hand-made sets", () => {
  const four = newKeys(4);
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const manifests = (folder: (at: number) => string, path: (at: number) => string) =>
    four.flatMap((pair, at): Manifest[] => {
      const [config, key] = [`node_${at}.toml`, `node_${at}_net.key`];
      const set = setOf(`axon${at}`, {
        volumeClaimTemplates: [{ metadata: { name: "disk" } }],
        pod: {
          containers: [
            {
              name: `axon${at}`,
              image: "ghcr.io/axonweb3/axon:v0.3.1",
              args: ["./axon", "run", `--config=/app/chain/k8s/${config}`],
              volumeMounts: [
                { name: "config", mountPath: `/app/chain/k8s/${config}`, subPath: config },
                { name: "key", mountPath: `/app/chain/k8s/${key}`, subPath: key },
                { name: "disk", mountPath: folder(at), subPath: `node_${at}` },
              ],
            },
          ],
          volumes: [
            { name: "config", configMap: { name: `node${at}-toml` } },
            { name: "key", configMap: { name: `node-${at}-net.key` } },
          ],
        },
      });
      const text = configOf(four, { data: path(at), keys: `node_${at}_` }).replace(
        /\[prom.*\n.*\n/,
        "",
      );
      return [
        configMap(`node${at}-toml`, { [config]: text }),
        {
          ...{ kind: "ConfigMap", metadata: { name: `node-${at}-net.key` } },
          binaryData: { [key]: base64(pair.net) },
        },
        set,
      ];
    });
  const spec = configMap("chain-spec", { "chain-spec.toml": specTextOf(four) });
  const changes = { validators: new Set(four.map((_, at) => `axon${at}`)), fewest: 4 };
  const always = (at: number) => [
    `key-in-the-open ConfigMap node-${at}-net.key, node_${at}_net.key`,
    `axon-file? ConfigMap node${at}-toml, node_${at}.toml, prometheus.listening_address`,
  ];

  test("has its keys in the open, and nothing else that keeps it from being rolled out", () => {
    const sets = manifests(
      (at) => `/app/chain/data${at}`,
      (at) => `./chain/data${at}`,
    );

    expect(found([spec, ...sets], changes).sort()).toEqual([0, 1, 2, 3].flatMap(always).sort());
  });

  test("loses its data where the claim is beside the path in its configuration", () => {
    const sets = manifests(
      (at) => `/app/chain/data/node_${at}`,
      (at) => `./chain/data${at}`,
    );

    expect(found([spec, ...sets], changes).sort()).toEqual(
      [0, 1, 2, 3]
        .flatMap((at) => [...always(at), `data-off-the-volume StatefulSet axon${at}`])
        .sort(),
    );
  });

  test("has one key for two where one set is a copy of another", () => {
    const sets = manifests(
      (at) => `/app/chain/data${at}`,
      (at) => `./chain/data${at}`,
    );
    const [first] = sets;
    const copy = sets.flatMap((one, at) =>
      one.kind === "ConfigMap" && at === 4
        ? { ...one, binaryData: { "node_1_net.key": base64(four[0]?.net ?? new Uint8Array()) } }
        : one,
    );

    expect(first).toBeDefined();
    expect(found([spec, ...copy], changes)).toContain("one-key-twice StatefulSet axon1");
  });
});

describe("whatever is rendered", () => {
  // Without a chain spec: points of curves take their time.
  const files = configMap("files", { "config.toml": configOf(keys) });
  const sound: unknown[] = [files, ...all().slice(0, 2), budget];
  const broken = fc.constantFrom(null, 7, "x", [], {});

  /** Puts something else in the place of one thing, as far down as a path goes. */
  function changed(
    value: unknown,
    [step = 0, ...path]: readonly number[],
    other: unknown,
  ): unknown {
    if (typeof value !== "object" || value === null || path.length === 0) return other;
    const names = Object.keys(value);
    const name = names[step % Math.max(1, names.length)];
    const [found] = names.filter((each) => each === name).map((each) => (value as never)[each]);
    const next = changed(found, path, other);
    if (Array.isArray(value)) return value.map((item, at) => (`${at}` === name ? next : item));
    return name === undefined ? other : { ...value, [name]: next };
  }

  test("is judged, or passed over where it is nothing", () => {
    const path = fc.array(fc.nat(20), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(path, broken, (steps, other) => {
        const documents = (changed(sound, steps, other) as unknown[]) ?? [];
        const text = [documents]
          .flat()
          .map((each) => stringify(each))
          .join("\n---\n");

        expect(Array.isArray(found(parseManifests(text)))).toBe(true);
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});

test("an autoscaler that may change how many pods a validator's set has is found", () => {
  const scaler = (name: string, spec: object, kind = "HorizontalPodAutoscaler"): Manifest => ({
    ...{ kind, metadata: { name } },
    spec: { scaleTargetRef: { kind: "StatefulSet", name }, ...spec },
  });
  const codes = (one: Manifest) => found([filesOf(configOf(keys)), ...all(), one]);

  expect(codes(scaler("axon-1", { maxReplicas: 3 }))).toEqual([
    "validator-scaled HorizontalPodAutoscaler axon-1",
  ]);
  expect(codes(scaler("axon-1", { maxReplicaCount: 1 }, "ScaledObject"))).toEqual([
    "validator-scaled ScaledObject axon-1",
  ]);
  expect(codes(scaler("axon-1", { minReplicas: 1, maxReplicas: 1 }))).toEqual([]);
  expect(codes(scaler("rpc", { maxReplicas: 9 }))).toEqual([]);
});

describe("a chain that is there", () => {
  const there = filesOf(configOf(keys));
  const voters = keys.map(({ publicKey }) => ({ id: publicKey, weight: 1 }));

  /** What is found when one release comes after another. */
  function changed(after: Manifest[], before: Manifest[] = [there, ...all()]) {
    const isSet = (one: Manifest): one is StatefulSet => one.kind === "StatefulSet";
    const live = new Map(before.filter(isSet).map((set) => [set.metadata.name, set]));
    const files = before.filter(({ kind }) => kind === "ConfigMap");
    return found(after, { live, files, set: voters });
  }

  const moved = names.map((name) => `data-moved StatefulSet ${name}`);

  test("finds its data again under other paths, and in a claim by its name", () => {
    const mount = { name: "data", mountPath: "/chain" };
    const claimed = all().map((set): StatefulSet => {
      const data = { claimName: `data-${set.metadata.name}-0` };
      const volumes = [{ name: "data", persistentVolumeClaim: data }];
      return nodeSet(set.metadata.name, { volumes });
    });
    const bare = claimed.map((set) => ({
      ...set,
      spec: { ...set.spec, volumeClaimTemplates: [] },
    }));
    const own = (one: string) => one.startsWith("data-moved");

    expect(changed([there, ...all()])).toEqual([]);
    expect(
      changed([
        filesOf(configOf(keys, { data: "/chain" })),
        ...all({ mounts: [mount, FILES, KEYS] }),
      ]),
    ).toEqual([]);
    expect(changed([there, ...bare]).filter(own)).toEqual([]);
  });

  test("finds its data again after all of it was stopped", () => {
    const stopped = all().map((set) => ({ ...set, spec: { ...set.spec, replicas: 0 } }));

    expect(changed([there, ...all()], [there, ...stopped])).toEqual([]);
  });

  test.each<[string, Manifest[]]>([
    ["in another folder", [filesOf(configOf(keys, { data: "/var/lib/axon/new" })), ...all()]],
    ["in a part of it", [there, ...all({ mounts: [{ ...DATA, subPath: "x" }, FILES, KEYS] })]],
  ])("does not find its data %s of the volume", (_, after) => {
    expect(changed(after)).toEqual(moved);
  });

  test("keeps a ConfigMap that was made for good, under its name", () => {
    const fixed = { ...there, immutable: true };
    const other = filesOf(`${configOf(keys)}\n`);
    const hashed = { ...other, metadata: { name: "files-2" } };
    const files = { name: "files", configMap: { name: "files-2" } };
    const before = [fixed, ...all()];
    const refused = ["immutable-changed ConfigMap files"];

    expect(changed([fixed, ...all()], before)).toEqual([]);
    expect(changed([there, ...all()], before)).toEqual(refused);
    expect(changed([{ ...other, immutable: true }, ...all()], before)).toEqual(refused);
    expect(changed([hashed, ...all({ files })], before)).toEqual([]);
    expect(changed([other, ...all()])).toEqual([]);
  });
});

test("a set that does not select its own pods is refused by Kubernetes", () => {
  const [first, ...others] = all();
  const { template } = (first as StatefulSet).spec;
  const labels = { app: "axon", other: "x" };
  const set = {
    ...first,
    spec: { ...first?.spec, template: { ...template, metadata: { labels } } },
  };

  expect(found([filesOf(configOf(keys)), set as StatefulSet, ...others])).toEqual([
    "selector-unmet StatefulSet axon-0, spec.template.metadata.labels",
  ]);
});
