import { emptied, merged, tablesOf, type Values } from "../../../../test/charts.ts";
import { chart, refusal } from "./rendered.ts";
import { grownChain, leastValues, ROCKSDB, type Validator, withRoles } from "./values.ts";

/** An account of Axon's own test chain, and addresses whose checksum is in letters of one kind. */
const ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const CAPITALS = "0x52908400098527886E0F7030069857D2E4169EE7";
const SMALL = "0xde709f2102306220921060314715629080e2fb77";

const ROLE = "arn:aws:iam::111122223333:role/axon";

const PEER_ID = "QmNk6bBwkLPuqnsrtxpp819XLZY3ymgjs3p1nKtxBVgqxj";

/** Values with one validator changed. */
function withValidator(at: number, change: (all: Validator[]) => Values): Values {
  const values = leastValues();
  const all = values.validators.map((validator, place) =>
    place === at ? { ...validator, ...change(values.validators) } : validator,
  );
  return { ...values, validators: all };
}

const least = (over: Values) => merged(leastValues(), over);

const withAccount = (account: Values) =>
  least({ chain: { genesis: { accounts: [{ address: ADDRESS, balance: "0x1", ...account }] } } });

const withResources = (resources: Values) => least({ validator: { resources } });

const tolerating = (toleration: Values) => least({ validator: { tolerations: [toleration] } });

const withPeer = (peer: Values) => least({ network: { policy: { peers: [peer] } } });

const withPort = (port: number) => {
  const bootstraps = [`/dns4/a.example.com/tcp/${port}/p2p/${PEER_ID}`];
  return least({ network: { bootstraps, policy: { enabled: false } } });
};

const storedIn = (path: string) => least({ storage: { path } });

/** Keys that are read by a role for each validator, with the validators changed. */
const readByRoles = (source: string, change: (all: Values[]) => Values[] = (all) => all) => {
  const validators = change(withRoles(leastValues().validators));
  return least({ keys: { source, region: "eu-west-1" }, validators });
};

const withOptions = (options: string) => least({ config: { rocksdb: { options } } });

const grown = (change: (chain: Values) => Values) => {
  const values = least(grownChain());
  return merged(values, change(values));
};

const WRONG: [string, () => Values, string][] = [
  ["no image", () => least({ image: { repository: "" } }), "/image/repository"],
  ["a tag in the repository", () => least({ image: { repository: "a:b" } }), "/image/repository"],
  ["a digest that is none", () => least({ image: { digest: "latest" } }), "/image/digest"],
  ["no chain id", () => least({ chain: { id: 0 } }), "/chain/id"],
  ["a chain id in quotes", () => least({ chain: { id: "5" } }), "/chain/id"],
  [
    "no beginning",
    () => least({ chain: { genesis: { timestamp: 0 } } }),
    "chain.genesis.timestamp",
  ],
  [
    "a fork that Axon does not know",
    () => least({ chain: { genesis: { hardforks: ["andromeda"] } } }),
    "/chain/genesis/hardforks/0",
  ],
  ["no validators", () => least({ validators: [] }), "/validators"],
  ["a value that there is not", () => least({ validator: { replicas: 3 } }), "/validator"],
  ["a misspelt value", () => least({ rollOut: { hold: true } }), "rollOut"],
  ["a name with capitals", () => withValidator(1, () => ({ name: "V1" })), "/validators/1/name"],
  ["a name of the chart's", () => withValidator(1, () => ({ name: "rpc" })), "validators[1].name"],
  ["a name twice", () => withValidator(2, () => ({ name: "v1" })), "validators[2].name"],
  [
    "a public key that is not compressed",
    () => withValidator(0, () => ({ publicKey: `0x04${"1".repeat(128)}` })),
    "/validators/0/publicKey",
  ],
  [
    "a public key twice",
    () =>
      withValidator(3, ([first]) => ({
        publicKey: first?.publicKey.toUpperCase().replace("0X", "0x"),
      })),
    "as that of validators[0]: no two nodes may have one key",
  ],
  [
    "a BLS public key twice",
    () => withValidator(4, ([, second]) => ({ blsPublicKey: second?.blsPublicKey })),
    "as that of validators[1]: no two nodes may have one key",
  ],
  [
    "a weight of nothing",
    () => withValidator(0, () => ({ voteWeight: 0 })),
    "/validators/0/voteWeight",
  ],
  [
    "no address, with a build that does not derive it",
    () =>
      merged(
        withValidator(2, () => ({ address: undefined })),
        { image: { repository: "ghcr.io/axonweb3/axon" } },
      ),
    "validators[2].address",
  ],
  [
    "nobody in the genesis block",
    () => ({
      ...leastValues(),
      validators: leastValues().validators.map((it) => ({ ...it, genesis: false })),
    }),
    "validators: a genesis block",
  ],
  ["keys from nowhere", () => least({ keys: { source: "values" } }), "/keys/source"],
  [
    "no region",
    () => merged(readByRoles("external-secrets"), { keys: { region: "" } }),
    "keys.region",
  ],
  ...["external-secrets", "csi"].flatMap((source): [string, () => Values, string][] => [
    [
      `no role, with keys by ${source}`,
      () => readByRoles(source, ([first, ...rest]) => [{ ...first, roleArn: undefined }, ...rest]),
      `validators[0].roleArn: with keys.source ${source}`,
    ],
    [
      `a role twice, with keys by ${source}`,
      () => readByRoles(source, (all) => all.map((it) => ({ ...it, roleArn: all[0]?.roleArn }))),
      "as that of validators[0]: no two nodes may have one key, role",
    ],
  ]),
  [
    "a Secret where the chart makes it",
    () => readByRoles("csi", ([first, ...rest]) => [{ ...first, existingSecret: "x" }, ...rest]),
    "validators[0].existingSecret",
  ],
  ...["data-axon-rpc-0", "data-axon-rpc-11", "data-axon-sync-0"].map(
    (existingClaim): [string, () => Values, string] => [
      `the volume ${existingClaim}, which another set makes`,
      () => withValidator(1, () => ({ existingClaim })),
      `validators[1].existingClaim: ${existingClaim} is`,
    ],
  ),
  [
    "too few peers",
    () => least({ network: { maxConnectedPeers: 20 } }),
    "/network/maxConnectedPeers",
  ],
  [
    "a bootstrap without a peer id",
    () => least({ network: { bootstraps: ["/dns4/a/tcp/8001"] } }),
    "/network/bootstraps/0",
  ],
  ["a size without a unit", () => least({ storage: { size: "100" } }), "/storage/size"],
  ["data outside a folder", () => least({ storage: { path: "/" } }), "/storage/path"],
  ["to run as root", () => least({ podSecurity: { user: 0 } }), "/podSecurity/user"],
  [
    "a fork without a block",
    () => least({ hardfork: { features: ["Andromeda"] } }),
    "hardfork.startNumber",
  ],
  ["a block of no fork", () => least({ hardfork: { startNumber: 7 } }), "hardfork.features"],
  [
    "fewer at the most than at the least",
    () => least({ rpc: { replicas: 9 } }),
    "rpc.autoscaling.maxReplicas",
  ],
  ...[
    { requests: null },
    { requests: { cpu: null } },
    { requests: { cpu: 0 }, limits: { cpu: 1 } },
    { requests: { cpu: "0m" } },
  ].map((resources): [string, () => Values, string] => [
    `an autoscaler by the CPU of nodes with ${JSON.stringify(resources)}`,
    () => least({ rpc: { resources } }),
    "rpc.resources.requests.cpu",
  ]),
  [
    "capitals in the repository",
    () => least({ image: { repository: "ghcr.io/A/axon" } }),
    "[^A-Z]",
  ],
  [
    "a repository that ends in a slash",
    () => least({ image: { repository: "ghcr.io/a/" } }),
    "/image/repository",
  ],
  [
    "a beginning in milliseconds",
    () => least({ chain: { genesis: { timestamp: 1_680_249_207_000 } } }),
    "/chain/genesis/timestamp",
  ],
  [
    "an account in small letters",
    () => withAccount({ address: ADDRESS.toLowerCase() }),
    "/chain/genesis/accounts/0/address",
  ],
  [
    "an account in capitals",
    () => withAccount({ address: `0x${ADDRESS.slice(2).toUpperCase()}` }),
    "/chain/genesis/accounts/0/address",
  ],
  [
    "a decimal balance, which Axon would read as hexadecimal",
    () => withAccount({ balance: "1000000000000000000" }),
    "/chain/genesis/accounts/0/balance",
  ],
  [
    "a name of 21 characters",
    () => withValidator(1, () => ({ name: "v".repeat(21) })),
    "'/validators/1/name': maxLength: got 21, want 20",
  ],
  [
    "a public key without 0x",
    () => withValidator(0, ([first]) => ({ publicKey: first?.publicKey.slice(2) })),
    "'/validators/0/publicKey': minLength: got 66, want 68",
  ],
  [
    "a BLS public key without 0x",
    () => withValidator(0, ([first]) => ({ blsPublicKey: first?.blsPublicKey.slice(2) })),
    "'/validators/0/blsPublicKey': minLength: got 96, want 98",
  ],
  ["a region without its number", () => least({ keys: { region: "eu-west" } }), "'-[0-9]$'"],
  ["keys below nothing", () => least({ keys: { prefix: "" } }), "/keys/prefix"],
  [
    "a cluster's domain of an empty label",
    () => least({ clusterDomain: "cluster..local" }),
    "/clusterDomain",
  ],
  [
    "memory in a unit that Kubernetes does not know",
    () => withResources({ requests: { memory: "2GB" } }),
    "/validator/resources/requests/memory",
  ],
  [
    "less memory than none",
    () => withResources({ limits: { memory: -1 } }),
    "/validator/resources/limits/memory",
  ],
  ["less than none, in quotes", () => withResources({ limits: { cpu: "-1" } }), "limits/cpu"],
  [
    "a resource that there is not",
    () => withResources({ limits: { memroy: "2Gi" } }),
    "'/validator/resources/limits': additional properties 'memroy'",
  ],
  [
    "a toleration of a misspelt key",
    () => tolerating({ keyy: "x", operator: "Exists" }),
    "'/validator/tolerations/0': additional properties 'keyy'",
  ],
  [
    "a toleration by an operator that there is not",
    () => tolerating({ key: "x", operator: "Exist" }),
    "/validator/tolerations/0/operator",
  ],
  [
    "a toleration of nothing",
    () => tolerating({}),
    "'/validator/tolerations/0': missing property 'key'",
  ],
  [
    "a toleration of a value that only has to exist",
    () => tolerating({ key: "x", operator: "Exists", value: "y" }),
    "/validator/tolerations/0/value",
  ],
  [
    "a toleration for a time of what evicts nobody",
    () => tolerating({ key: "x", effect: "NoSchedule", tolerationSeconds: 60 }),
    "/validator/tolerations/0/effect",
  ],
  [
    "a node's label that cannot be",
    () => least({ rpc: { nodeSelector: { "a b": "c" } } }),
    "'/rpc/nodeSelector': additional properties 'a b'",
  ],
  [
    "a node's label of a value that cannot be",
    () => least({ syncNode: { nodeSelector: { pool: "a b" } } }),
    "/syncNode/nodeSelector/pool",
  ],
  [
    "a node's label that is not in quotes",
    () => least({ validator: { nodeSelector: { gpu: true } } }),
    "/validator/nodeSelector/gpu",
  ],
  [
    "an annotation that cannot be",
    () => least({ rpc: { service: { annotations: { "a b": "c" } } } }),
    "'/rpc/service/annotations': additional properties 'a b'",
  ],
  [
    "a label that cannot be",
    () => least({ metrics: { serviceMonitor: { labels: { release: "a b" } } } }),
    "/metrics/serviceMonitor/labels/release",
  ],
  [
    "a peer by a misspelt field",
    () => withPeer({ ipBlock: { cird: "10.0.0.0/8" } }),
    "'/network/policy/peers/0/ipBlock': additional properties 'cird'",
  ],
  [
    "a peer by an address without a mask",
    () => withPeer({ ipBlock: { cidr: "10.0.0.0" } }),
    "/network/policy/peers/0/ipBlock/cidr",
  ],
  [
    "a peer by a mask of too many bits",
    () => withPeer({ ipBlock: { cidr: "10.0.0.0/33" } }),
    "/network/policy/peers/0/ipBlock/cidr",
  ],
  ["a peer that is nobody", () => withPeer({}), "/network/policy/peers/0"],
  [
    "a peer by its address and its labels",
    () => withPeer({ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }),
    "/network/policy/peers/0",
  ],
  [
    "a peer by none of its labels",
    () => withPeer({ podSelector: { matchExpressions: [{ key: "a", operator: "In" }] } }),
    "'/network/policy/peers/0/podSelector/matchExpressions/0': missing property 'values'",
  ],
  [
    "one who may ask, by a misspelt field",
    () => least({ network: { policy: { rpcFrom: [{ podSelectors: {} }] } } }),
    "'/network/policy/rpcFrom/0': additional properties 'podSelectors'",
  ],
  [
    "one who may read metrics, by a label that is not in quotes",
    () =>
      least({
        network: {
          policy: { metricsFrom: [{ namespaceSelector: { matchLabels: { metrics: true } } }] },
        },
      }),
    "/network/policy/metricsFrom/0/namespaceSelector/matchLabels/metrics",
  ],
  ["a bootstrap at port 0", () => withPort(0), "/network/bootstraps/0"],
  ["a bootstrap at a port above all", () => withPort(65_536), "/network/bootstraps/0"],
  [
    "more connections than Axon can count",
    () => least({ config: { rpc: { maxConnections: 2 ** 32 } } }),
    "/config/rpc/maxConnections",
  ],
  [
    "a larger question than Axon can count",
    () => least({ config: { rpc: { maxPayloadSize: 2 ** 32 } } }),
    "/config/rpc/maxPayloadSize",
  ],
  ...[
    ["hello", "line 1: options are name=value"],
    [`bytes_per_sync=1\n${ROCKSDB}`, "line 1: options are name=value, below a [section]"],
    ["[DBOptions]\n\n=1", "line 3: options are"],
    ["[DBOptions]\nbytes_per_sync # =1", "line 2: options are"],
    ["[Options]", "knows no section [Options]"],
    ["[DBOptions]\n[CFOptions default]", "line 2: RocksDB knows no section [CFOptions default]"],
    [`${ROCKSDB}[ DBOptions ]`, "[ DBOptions ] is there twice"],
    ["[DBOptions]\n", "RocksDB demands"],
    ["[Version]\nrocksdb_version=7.0\n", "RocksDB demands"],
    [" ", "RocksDB demands"],
  ].map(([options = "", said = ""]): [string, () => Values, string] => [
    `RocksDB's options ${JSON.stringify(options)}`,
    () => withOptions(options),
    said,
  ]),
  [
    "a level that there is not",
    () => least({ config: { logger: { modules: { overlord: "loud" } } } }),
    "/config/logger/modules/overlord",
  ],
  [
    "the level of a module without a name",
    () => least({ config: { logger: { modules: { "": "info" } } } }),
    "'/config/logger/modules': additional properties ''",
  ],
  ["data by a way back", () => storedIn("/var/lib/../../etc"), "/storage/path"],
  ["data at no absolute path", () => storedIn("var/lib/axon"), "/storage/path"],
  ...[
    ...["/bin", "/sbin", "/usr", "/lib", "/etc", "/app", "/var", "/dev", "/proc", "/sys", "/root"],
    ...["/tmp", "/etc/axon", "/etc/axon/data", "/var/log/axon", "/var/log/axon/data"],
    ...["/var/run/axon", "/var/run/axon/keys", "/run/axon/keys"],
  ].map((path): [string, () => Values, string] => [
    `data in the place of ${path}`,
    () => storedIn(path),
    `'/storage/path': '${path}' does not match`,
  ]),
  ["the spec of another chain", () => grown(() => ({ chain: { id: 5 } })), "chain.id is 5"],
  [
    "a spec that is no TOML",
    () => grown(() => ({ chain: { spec: "[" } })),
    "chain.spec is no TOML",
  ],
  [
    "a founder that the spec does not know",
    () =>
      grown(({ validators }) => ({
        validators: (validators as Validator[]).map((it) => ({ ...it, genesis: true })),
      })),
    "validators[4].publicKey is not among",
  ],
  [
    "another BLS key than the spec's",
    () =>
      grown(({ validators }) => ({
        validators: (validators as Validator[]).map((it, at) => ({
          ...it,
          ...(at === 0 ? { blsPublicKey: leastValues().validators[0]?.blsPublicKey } : {}),
        })),
      })),
    "validators[0].blsPublicKey is not the one",
  ],
];

test.each(WRONG)("%s is refused by the value's name", async (_, values, name) => {
  expect(await refusal(values())).toContain(name);
});

const TABLES = tablesOf(chart, [
  "image.repository",
  "chain.id",
  "chain.genesis.hardforks",
  "validators",
]);

/** Every key empty that may be; a new chain's beginning may not. */
function allIdle(): Values {
  const values = TABLES.map(({ at, idle }) => emptied(at, idle)).reduce(merged, leastValues());
  return merged(values, { chain: { genesis: { timestamp: 1 } } });
}

const RIGHT: [string, () => Values][] = [
  ["a repository behind a port", () => least({ image: { repository: "localhost:5000/axon" } })],
  ["an account without a letter", () => withAccount({ address: `0x${"1".repeat(40)}` })],
  ["an account of few letters, all capitals", () => withAccount({ address: CAPITALS })],
  ["an account of few letters, all small", () => withAccount({ address: SMALL })],
  ["the largest balance", () => withAccount({ balance: `0x${"f".repeat(64)}` })],
  ["a name of 20 characters", () => withValidator(1, () => ({ name: "v".repeat(20) }))],
  [
    "keys in capitals",
    () =>
      withValidator(0, ([first]) => ({
        publicKey: `0x${first?.publicKey.slice(2).toUpperCase()}`,
        blsPublicKey: `0x${first?.blsPublicKey.slice(2).toUpperCase()}`,
      })),
  ],
  [
    "the volume that a node had when there were any beside the validators",
    () =>
      merged(
        withValidator(1, () => ({ existingClaim: "data-axon-rpc-0" })),
        { rpc: { enabled: false } },
      ),
  ],
  [
    "a volume that is called like another one's",
    () => withValidator(1, () => ({ existingClaim: "old-data-axon-rpc-0" })),
  ],
  ["keys below one letter", () => merged(readByRoles("csi"), { keys: { prefix: "a" } })],
  [
    "a role for all, where none is read by",
    () => least({ validators: leastValues().validators.map((it) => ({ ...it, roleArn: ROLE })) }),
  ],
  ["the region of a government", () => least({ keys: { region: "us-gov-west-1" } })],
  ["a cluster's domain of one label", () => least({ clusterDomain: "internal" })],
  [
    "the largest numbers of 32 bits",
    () => least({ config: { rpc: { maxConnections: 2 ** 32 - 1 } } }),
  ],
  ["a bootstrap at the last port", () => withPort(65_535)],
  ["a volume of petabytes", () => least({ storage: { size: "1Pi" } })],
  ...[
    "/data",
    "/etc/axon-data",
    "/var/log/axons",
    "/usr/local/axon",
    "/tmp/axon",
    "/a..b/...c",
  ].map((path): [string, () => Values] => [`data in ${path}`, () => storedIn(path)]),
  ["no resources", () => least({ validator: { resources: null }, syncNode: { resources: null } })],
  ...[
    { autoscaling: { enabled: false }, resources: null },
    { enabled: false, resources: null },
    { resources: { requests: null, limits: { cpu: "1" } } },
    { resources: { requests: { cpu: null }, limits: { cpu: 1 } } },
    { resources: { requests: { cpu: 0.25 } } },
    { resources: { requests: { cpu: "050m" } } },
  ].map((rpc): [string, () => Values] => [
    `nodes that answer with ${JSON.stringify(rpc)}`,
    () => least({ rpc }),
  ]),
  ...[
    ROCKSDB.replaceAll("\n", "\r\n"),
    `  ${ROCKSDB}[TableOptions/BlockBasedTable "default"]\ncache_index_and_filter_blocks = true`,
    '[Version]\n[ DBOptions ] # all\nwal_dir=\n[CFOptions  "default"]\n[CFOptions "c1"]\n',
  ].map((options): [string, () => Values] => [
    `RocksDB's options ${JSON.stringify(options)}`,
    () => withOptions(options),
  ]),
  ["a limit taken away", () => withResources({ limits: { memory: null } })],
  ["what is nothing unless given, empty", allIdle],
];

test.each(RIGHT)("%s is taken", async (_, values) => {
  expect(await refusal(values())).toBe("");
});

test.each(TABLES)("an empty key of $path is refused by its name", async ({ at, needed }) => {
  const said = await refusal(least(emptied(at, needed)));
  const missing = said
    .split("\n")
    .find((line) => line.includes(`at '${["", ...at].join("/")}': miss`));
  for (const name of needed) expect(missing).toContain(`'${name}'`);
});
