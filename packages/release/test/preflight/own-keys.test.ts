import { checkKeyFiles, checkKeyFormat } from "../../src/preflight/keys/held-keys.ts";
import { checkKeyVariables } from "../../src/preflight/keys/key-variables.ts";
import { checkKeysAreOwn } from "../../src/preflight/keys/own-keys.ts";
import type {
  Container,
  Manifest,
  Mount,
  StatefulSet,
  Volume,
} from "../../src/preflight/manifest.ts";
import { Files } from "../../src/preflight/pods/mounts.ts";
import { configMap, configOf, newKeys } from "./node-files.ts";
import { setOf } from "./sets.ts";

const keys = newKeys(2);
const files = configMap("files", { "config.toml": configOf(keys) });
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");

type Changes = {
  keys?: Volume | null;
  mounts?: Mount[];
  node?: Partial<Container>;
  before?: Container[];
  volumes?: Volume[];
  replicas?: number;
  templates?: [];
};

const DATA: Mount = { name: "data", mountPath: "/var/lib/axon" };
const FILES: Mount = { name: "files", mountPath: "/etc/axon" };
const KEYS: Mount = { name: "keys", mountPath: "/var/run/axon/keys" };

function nodeSet(name: string, changes: Changes = {}): StatefulSet {
  const { keys: own = { name: "keys", secret: { secretName: `keys-${name}` } } } = changes;
  const node: Container = {
    name: "axon",
    image: "r/axon:v0.3.1",
    command: ["axon", "run", "-c", "/etc/axon/config.toml"],
    volumeMounts: changes.mounts ?? [DATA, FILES, KEYS],
    ...changes.node,
  };
  return setOf(name, {
    replicas: changes.replicas ?? 1,
    ...(changes.templates && { volumeClaimTemplates: changes.templates }),
    pod: {
      containers: [node],
      initContainers: changes.before ?? [],
      volumes: [
        { name: "files", configMap: { name: "files" } },
        ...(own ? [own] : []),
        ...(changes.volumes ?? []),
      ],
    },
  });
}

function found(objects: Manifest[]): string[] {
  const manifests = [files, ...objects];
  const validators = new Set(["a", "b"]);
  const all = checkKeysAreOwn(manifests, { validators, files: new Files(manifests) });
  return all.map(({ code, level, at }) => `${code}${level === "error" ? "" : "?"} ${at}`);
}

const both = (change: (name: string) => Changes) =>
  ["a", "b"].map((name) => nodeSet(name, change(name)));

const secret = (name: string, ...items: [string, string][]): Volume => ({
  name: "keys",
  secret: {
    secretName: name,
    ...(items.length > 0 && { items: items.map(([key, path]) => ({ key, path })) }),
  },
});

const ONE = ["one-key-twice StatefulSet b"];
const REACH = ["keys-in-reach? StatefulSet b"];

describe("two sets", () => {
  test.each<[string, (name: string) => Changes]>([
    ["with a Secret each", () => ({})],
    [
      "with a Secret's items each",
      (name) => ({ keys: secret("all", [name, "net.key"], [`${name}.bls`, "bls.key"]) }),
    ],
    [
      "with a part of one Secret each",
      (name) => ({
        keys: secret("all"),
        mounts: [
          ...[
            DATA,
            FILES,
            { ...KEYS, mountPath: `${KEYS.mountPath}/net.key`, subPath: `${name}.net` },
          ],
          { ...KEYS, mountPath: `${KEYS.mountPath}/bls.key`, subPath: `${name}.bls` },
        ],
      }),
    ],
    [
      "that share what is no key",
      () => ({ volumes: [{ name: "tls", secret: { secretName: "hooks" } }] }),
    ],
    [
      "that share what is no key, and get theirs from elsewhere",
      (name) => ({
        keys: { name: "keys", emptyDir: {} },
        volumes: [
          { name: "hook", secret: { secretName: "chat" } },
          {
            name: "store",
            csi: { driver: "s", volumeAttributes: { secretProviderClass: `keys-${name}` } },
          },
        ],
      }),
    ],
    [
      "with a folder of one claim each",
      (name) => ({
        templates: [],
        mounts: [{ ...DATA, subPath: name }, FILES, KEYS],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "one" } }],
      }),
    ],
  ])("%s are apart", (_, change) => {
    expect(found(both(change))).toEqual([]);
  });

  test.each<[string, (name: string) => Changes]>([
    ["one Secret's files", () => ({ keys: secret("all") })],
    [
      "one item among others",
      (name) => ({ keys: secret("all", ["k", "net.key"], [name, "bls.key"]) }),
    ],
    [
      "one class of a secret store",
      () => ({
        keys: {
          name: "keys",
          csi: { driver: "s", volumeAttributes: { secretProviderClass: "one" } },
        },
      }),
    ],
    [
      "one file of a projected volume",
      () => ({
        keys: { name: "keys", projected: { sources: [{ secret: { name: "all" } }] } },
      }),
    ],
    [
      "one variable",
      () => ({
        keys: null,
        node: {
          env: [{ name: "NET_PRIVKEY", valueFrom: { secretKeyRef: { name: "all", key: "net" } } }],
        },
      }),
    ],
    [
      "what the same script copies",
      () => ({
        keys: { name: "keys", emptyDir: {} },
        before: [{ name: "copy", command: ["cp", "/all/net.key", "/own"] }],
        volumes: [{ name: "all", secret: { secretName: "all-keys" } }],
      }),
    ],
  ])("with %s sign with one key", (_, change) => {
    expect(found(both(change))).toEqual(ONE);
  });

  test.each<[string, (name: string) => Changes]>([
    [
      "each copies from one Secret by its name",
      () => ({
        keys: { name: "keys", emptyDir: {} },
        before: [{ name: "copy", command: ["sh", "-c", 'cp "/all/$HOSTNAME.key" /own'] }],
        volumes: [{ name: "all", secret: { secretName: "all-keys" } }],
      }),
    ],
    [
      "each copies what it is told to",
      (name) => ({
        keys: { name: "keys", emptyDir: {} },
        before: [{ name: "copy", command: ["cp", `/all/${name}.key`, "/own"] }],
        volumes: [{ name: "all", secret: { secretName: "all-keys" } }],
      }),
    ],
    [
      "a script may read it in the variables",
      () => ({
        keys: null,
        node: { envFrom: [{ secretRef: { name: "shared" } }] },
      }),
    ],
  ])("of which %s can reach the other's key", (_, change) => {
    expect(found(both(change))).toEqual(REACH);
  });

  test("with one key in two Secrets, or in one configuration, sign with it", () => {
    const rendered = (name: string, net: Uint8Array | undefined): Manifest => ({
      ...{ kind: "Secret", metadata: { name: `keys-${name}` } },
      stringData: { "net.key": hex(net) },
    });
    const old = configMap("files", {
      "config.toml": `privkey = "0x${hex(keys[0]?.net)}"\ndata_path = "/var/lib/axon"`,
    });
    const sets = both(() => ({}));
    const bare = both(() => ({ keys: null }));

    expect(found([...sets, rendered("a", keys[0]?.net), rendered("b", keys[0]?.net)])).toEqual(ONE);
    expect(found([...sets, rendered("a", keys[0]?.net), rendered("b", keys[1]?.net)])).toEqual([]);
    const manifests = [old, ...bare];
    expect(checkKeysAreOwn(manifests)).toMatchObject([{ code: "one-key-twice" }]);
  });

  test("that write to one claim lock each other out", () => {
    const data = { name: "data", persistentVolumeClaim: { claimName: "one" } };

    expect(found(both(() => ({ templates: [], volumes: [data] })))).toEqual([
      "one-volume-twice StatefulSet b",
    ]);
  });
});

/** Keys that something copies from one Secret into the pod's own folder, before the node starts. */
const copying = (script: string, command = ["sh", "-c"]): Changes => ({
  keys: { name: "keys", emptyDir: {} },
  before: [
    {
      ...{ name: "copy", command: [...command, script] },
      volumeMounts: [
        { name: "all", mountPath: "/all" },
        { name: "scripts", mountPath: "/scripts" },
      ],
    },
  ],
  volumes: [
    { name: "all", secret: { secretName: "all-keys" } },
    { name: "scripts", configMap: { name: "scripts" } },
  ],
});

const variables = (key: (name: string) => string, ...names: string[]): Container["env"] =>
  names.map((name) => ({
    name,
    valueFrom: { secretKeyRef: { name: "all", key: key(name) } },
  }));

const POD = { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } };

describe("keys that something makes files of before the node starts", () => {
  const first = configMap("scripts", { "pick.sh": 'cp "/all/$HOSTNAME.key" /own/net.key' });
  const making = (env: Container["env"] = []): Changes => ({
    keys: { name: "keys", emptyDir: {} },
    before: [{ name: "make", command: ["sh", "-c", "echo $NET > /own/net.hex"], env }],
  });

  test("are one where both copy one file, and each pod's own where each copies its own", () => {
    const reach = ["keys-in-reach? StatefulSet b"];
    const own = (name: string) => copying(`cp /all/${name}-net.key /own/net.key`);

    expect(found(both(() => copying("cp /all/net.key /own/net.key; echo $HOSTNAME")))).toEqual(ONE);
    expect(found(both(own))).toEqual(reach);
    expect(found([first, ...both(() => copying("/scripts/pick.sh", ["sh"]))])).toEqual(reach);
  });

  test.each([
    "aws secretsmanager get-secret-value \\\n  --secret-id chain/ID/net --query SecretBinary",
    "KEY=$(aws ssm get-parameter --with-decryption --name=/chain/ID/priv)",
    'gcloud secrets versions access latest --secret="validator-ID"',
    "vault kv get -field=net secret/validator-ID > /own/net.key",
    "aws secretsmanager get-secret-value --secret-id $SECRET/net",
    "aws secretsmanager get-secret-value --secret-id prod/axon/ID | " +
      "jq -r .net | base64 -d > /own/net.key",
    "aws secretsmanager get-secret-value --secret-id prod/axon | " +
      "jq -r '.[\"ID\"].net' > /own/net.key",
    "gcloud secrets versions access latest --secret=axon-ID --out-file=/own/bls.key",
    "vault kv get -field=ID secret/axon | tee /own/validator.key",
  ])("are one where both fetch one from a store: %s", (script) => {
    const fetching = (id: string) => ({
      ...making([{ name: "SECRET", value: `chain/${id}` }]),
      before: [
        {
          ...{ name: "fetch", command: ["sh", "-c", script.replace("ID", id)] },
          env: [{ name: "SECRET", value: `chain/${id}` }],
        },
      ],
    });

    expect(found(both(() => fetching("1")))).toEqual(ONE);
    expect(found(both((name) => fetching(name)))).toEqual([]);
    expect(found([nodeSet("a", { ...fetching("1"), replicas: 2 })])).toEqual([
      "one-key-twice StatefulSet a",
    ]);
  });

  test("are not what is fetched for something else, or by a pod's name", () => {
    const fetching = (id: string) =>
      both(() => ({
        keys: { name: "keys", emptyDir: {} },
        before: [
          {
            ...{ name: "fetch", env: [POD] },
            command: ["sh", "-c", `aws secretsmanager get-secret-value --secret-id ${id}`],
          },
        ],
      }));

    expect(found(fetching("prod/validators/datadog-token"))).toEqual([]);
    expect(found(fetching("prod/registry"))).toEqual([]);
    expect(found(fetching("prod/axon > /own/node.toml"))).toEqual([]);
    expect(found(fetching("prod/axon > /etc/tls/node.key"))).toEqual([]);
    expect(found(fetching("prod/$POD/net"))).toEqual(["keys-in-reach? StatefulSet b"]);
  });

  test("are one where both have the same variable", () => {
    const env = (name: string) => variables(() => name, "NET", "BLS");

    expect(found(both(() => making(env("k"))))).toEqual(ONE);
    expect(found(both((name) => making(env(name))))).toEqual([]);
    expect(found(both(() => making(variables(() => "k", "GIT_TOKEN"))))).toEqual([]);
    expect(found(both(() => making(variables(() => "private_key", "AWS_KEY"))))).toEqual([]);
  });

  test("are chosen among where a pod has the variables of all and its own name", () => {
    const all = variables((name) => name, "NET_KEY_0", "NET_KEY_1");
    const env = [...(all ?? []), POD];
    const chosen = { keys: null, replicas: 2, node: { env } };

    expect(found([nodeSet("a", chosen)])).toEqual(["keys-in-reach? StatefulSet a"]);
    expect(found([nodeSet("a", { ...chosen, node: { env: all } })])).toEqual([
      "one-key-twice StatefulSet a",
    ]);
    expect(found([nodeSet("a", { replicas: 2, ...making(env) })])).toEqual([
      "keys-in-reach? StatefulSet a",
    ]);
  });
});

test("key files that are written in before the node starts are no two pods' for sure", () => {
  const filled = configMap("files", {
    "config.toml": configOf(keys, { keys: "/var/run/axon/keys/$POD-" }),
  });
  const sets = both(() => ({ keys: secret("all"), node: { env: [POD] } }));
  const manifests = [filled, ...sets];

  expect(checkKeysAreOwn(manifests)).toMatchObject([{ code: "keys-in-reach", level: "warning" }]);
});

describe("keys that Vault's agent puts into pods", () => {
  const injected = (name: string, path: string, template?: string): StatefulSet => {
    const set = nodeSet(name, { keys: null });
    const asked = { [`${VAULT}-secret-net.key`]: path, [`${VAULT}-secret-db.txt`]: "secret/db" };
    const annotations = { ...asked, ...(template && { [`${VAULT}-template-net.key`]: template }) };
    const { metadata } = set.spec.template;
    return {
      ...set,
      spec: {
        ...set.spec,
        template: { ...set.spec.template, metadata: { ...metadata, annotations } },
      },
    };
  };
  const VAULT = "vault.hashicorp.com/agent-inject";

  test.each<[string, StatefulSet[], string[]]>([
    ["from one path", [injected("a", "secret/x"), injected("b", "secret/x")], ONE],
    ["from a path each", [injected("a", "secret/x"), injected("b", "secret/y")], []],
    ["of one path's parts", [injected("a", "secret/x", ".a"), injected("b", "secret/x", ".b")], []],
    ["by one template", [injected("a", "secret/x", ".a"), injected("b", "secret/x", ".a")], ONE],
  ])("%s", (_, sets, expected) => {
    expect(found(sets)).toEqual(expected);
  });
});

describe("several pods of one set", () => {
  test.each<[string, Changes, string[]]>([
    ["one key file", {}, ["one-key-twice StatefulSet a"]],
    [
      "a file that each copies",
      copying('cp "/all/$HOSTNAME" /own'),
      ["keys-in-reach? StatefulSet a"],
    ],
    [
      "one file that each copies",
      copying("cp /all/net.key /own; cp /all/bls.key /own"),
      ["one-key-twice StatefulSet a"],
    ],
    [
      "a file that each copies by what it is called",
      copying("case $HOSTNAME in a-0) cp /all/net-0.key /own ;; *) cp /all/net-1.key /own ;; esac"),
      ["keys-in-reach? StatefulSet a"],
    ],
    [
      "one file of what is no key",
      copying("curl --cacert /all/ca.crt --config /all/node.toml https://peer"),
      ["keys-in-reach? StatefulSet a"],
    ],
    [
      "a file by the pod's name",
      { mounts: [DATA, FILES, { ...KEYS, subPathExpr: "$(POD)" }] },
      ["keys-in-reach? StatefulSet a"],
    ],
    [
      "one claim",
      {
        ...copying('cp "/all/$HOSTNAME" /own'),
        templates: [],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "one" } }],
      },
      ["one-volume-twice StatefulSet a"],
    ],
  ])("with %s", (_, changes, codes) => {
    expect(found([nodeSet("a", { ...changes, replicas: 3 })])).toEqual(codes);
  });

  test("that are none sign nothing", () => {
    expect(
      found([nodeSet("a", { replicas: 0 }), nodeSet("b", { keys: secret("keys-a") })]),
    ).toEqual([]);
  });
});

describe("what is no validator", () => {
  const deployment = (command: string[]): Manifest => {
    const { spec } = nodeSet("rpc", {
      keys: secret("keys-a"),
      node: { command, image: "r/tool:v1" },
    });
    return { kind: "Deployment", metadata: { name: "rpc" }, spec };
  };

  test("and runs a node signs with the validator's key that it has", () => {
    const command = ["axon", "run", "-c", "/etc/axon/config.toml"];

    expect(found([deployment(command), nodeSet("a")])).toEqual(["one-key-twice Deployment rpc"]);
    expect(found([nodeSet("a"), nodeSet("rpc", { keys: secret("keys-a") })])).toEqual([
      "one-key-twice StatefulSet rpc",
    ]);
  });

  test("and runs something else can read it, which is told", () => {
    expect(found([nodeSet("a"), deployment(["backup"])])).toEqual([
      "keys-in-reach? Deployment rpc",
    ]);
  });

  test("may have a key of its own in each of its pods", () => {
    const { spec } = nodeSet("rpc", { replicas: 3 });

    expect(found([nodeSet("a"), { kind: "Deployment", metadata: { name: "rpc" }, spec }])).toEqual(
      [],
    );
  });
});

test("a validator's key file that is no Secret's is in the open, whatever it is called", () => {
  const volume = (name: string, key: string): Volume => ({
    ...{ name: "keys", configMap: { name, items: [{ key, path: "net.key" }] } },
  });
  const set = nodeSet("a", { keys: volume("blobs", "a.bin") });

  expect(checkKeyFiles(set, new Files([files]))).toMatchObject([
    { code: "key-in-the-open", at: "ConfigMap blobs, a.bin" },
  ]);
  expect(checkKeyFiles(nodeSet("b"), new Files([files]))).toEqual([]);
});

describe("a variable that is taken from a ConfigMap", () => {
  const refTo = (name: string, key: string): Container["env"] => [
    { name, valueFrom: { configMapKeyRef: { name: "ids", key } } },
  ];
  const of = (env: Container["env"], ...objects: Manifest[]) =>
    checkKeyVariables(nodeSet("a", { keys: null, node: { env } }), new Files([files, ...objects]));
  const ids = (content: string) => configMap("ids", { k0: content });

  test.each([
    ["NET_PRIVKEY", "net-key-0"],
    ["AXON_ID", "n0_net_key"],
    ["BLS_KEY", "k0"],
    ["CONSENSUS_KEY_HEX", "k0"],
  ])("and called %s, of %s, is a key in the open, though nobody sees it", (name, key) => {
    expect(of(refTo(name, key))).toMatchObject([
      { code: "key-in-the-open", level: "error", at: `ConfigMap ids, ${key}` },
    ]);
  });

  test.each([
    ["NODE_KEY_FILE", "node.key"],
    ["VALIDATOR_KEY", "validator-key-name"],
    ["NODE_PUBKEY", "node_key_pub"],
    ["TLS_PRIVATE_KEY", "tls"],
    ["CHAIN_NAME", "name"],
  ])("and called %s, of %s, is none", (name, key) => {
    expect(of(refTo(name, key))).toEqual([]);
  });

  test("is what is there", () => {
    expect(of(refTo("NET_KEY", "k0"), ids(hex(keys[0]?.net)))).toHaveLength(1);
    expect(of(refTo("NET_KEY", "k0"), ids("/keys/net.key"))).toEqual([]);
  });

  test("is one key where two have it", () => {
    const having = (key: (name: string) => string) =>
      found(both((name) => ({ keys: null, node: { env: refTo("NET_KEY", key(name)) } })));

    expect(having(() => "k0")).toEqual(ONE);
    expect(having((name) => `k-${name}`)).toEqual([]);
  });
});

test("a validator's key file in a Secret that is rendered is in the open, unless it is to be filled", () => {
  const set = nodeSet("b", { keys: secret("odd", ["one", "net.key"]) });
  const rendered = (one: string): Manifest => ({
    ...{ kind: "Secret", metadata: { name: "odd" }, stringData: { one } },
  });
  const of = (one: string) => checkKeyFiles(set, new Files([files, rendered(one)]));

  expect(of(hex(keys[0]?.net))).toMatchObject([{ code: "key-in-the-open", at: "Secret odd, one" }]);
  expect(of("to be filled in")).toEqual([]);
  expect(of("")).toEqual([]);
});

test("a validator's key file that is text is read by no Axon, which takes 32 bytes as they are", () => {
  const set = nodeSet("b", { keys: secret("odd", ["one", "net.key"]) });
  const bytes = Buffer.from(keys[0]?.net ?? []);
  const of = (data: Record<string, string>) => {
    const rendered = { kind: "Secret", metadata: { name: "odd" }, data };
    return checkKeyFormat(set, new Files([files, rendered])).map(({ why }) => why);
  };
  const twice = (text: string) => ({ one: Buffer.from(text).toString("base64") });

  expect(of(twice(hex(bytes)))).toEqual([expect.stringContaining("64 bytes")]);
  expect(of(twice(bytes.toString("base64")))).toEqual([expect.stringContaining("44 bytes")]);
  expect(of({ one: bytes.toString("base64") })).toEqual([]);
  expect(of(twice("to be filled in"))).toEqual([]);
});
