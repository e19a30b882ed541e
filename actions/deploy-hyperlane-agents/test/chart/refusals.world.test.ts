import type { AgentKind } from "@playbook/hyperlane";
import { emptied, merged, tablesOf, type Values } from "../../../../test/charts.ts";
import { chart, refusal } from "./rendered.ts";
import { least, ofChain } from "./values.ts";

const validator = (over: Values) => () => least("validator", over);
const relayer = (over: Values) => () => least("relayer", over);

/** Values without one of them. */
const without = (name: string) => () => {
  const { [name]: _, ...values } = least("validator");
  return values;
};

/** A validator's only chain with something else in it. */
const chain1 = (over: Values) => validator({ chains: { chain1: over } });

const withoutDomain = (over: Values) => () => {
  const values = least("validator");
  const { domainId: _, ...chain } = Object(values.chains).chain1;
  return { ...values, chains: { chain1: { ...chain, ...over } } };
};

const paid = (policy: Values) => relayer({ relayer: { gasPayment: [policy] } });

const withRepository = (repository: string) => validator({ image: { repository } });

const withResources = (resources: Values) => validator({ resources });

const tolerating = (toleration: Values) => validator({ tolerations: [toleration] });

const reaching = (peer: Values) => validator({ network: { policy: { to: [peer] } } });

const route = { origin: "chain1", destination: "chain2" };

const WRONG: [string, () => Values, string][] = [
  ["no agent", without("agent"), "/agent"],
  ["an agent that there is not", validator({ agent: "scraper" }), "/agent"],
  ["no image", validator({ image: { repository: "" } }), "/image/repository"],
  ["no version", validator({ image: { tag: "" } }), "image.tag"],
  ["any version", validator({ image: { tag: "latest" } }), "image.tag"],
  ["a digest that is none", validator({ image: { digest: "latest" } }), "/image/digest"],
  ["no role", without("roleArn"), "/roleArn"],
  ["no key", without("key"), "/key/id"],
  ["an alias for a key", validator({ key: { id: "alias/validator" } }), "/key/id"],
  ["a private key", validator({ key: { id: `0x${"1".repeat(64)}` } }), "/key/id"],
  ["a key without a region", validator({ key: { region: "" } }), "/key/region"],
  ["no chains", without("chains"), "/chains"],
  ["a name that no variable can have", validator({ chains: { my_chain: {} } }), "/chains"],
  ["a chain of another name", chain1({ name: "chain2" }), "chains.chain1.name"],
  ["a chain of another kind", chain1({ protocol: "cosmos" }), "/chains/chain1/protocol"],
  ["a stack that agents do not know", chain1({ technicalStack: "unknown" }), "/technicalStack"],
  ["another way to send", chain1({ submitter: "lander" }), "/chains/chain1/submitter"],
  ["another way to read", chain1({ index: { mode: "blocks" } }), "/chains/chain1/index/mode"],
  ["a chain id in quotes", chain1({ chainId: "1" }), "/chains/chain1/chainId"],
  ["a chain id that is no domain's", withoutDomain({ chainId: 2 ** 32 }), "'domainId'"],
  ["a domain beyond 32 bits", chain1({ domainId: 2 ** 32 }), "/chains/chain1/domainId"],
  ["no mailbox", chain1({ mailbox: null }), "/chains/chain1"],
  ["a mailbox that is no address", chain1({ mailbox: "0x12" }), "/chains/chain1/mailbox"],
  ["no first block", chain1({ index: null }), "/chains/chain1"],
  ["no reorg period", chain1({ blocks: { reorgPeriod: null } }), "/chains/chain1/blocks"],
  ["a key in a chain", chain1({ signer: { type: "hexKey", key: "0x1" } }), "/chains/chain1"],
  ["URLs in a chain", chain1({ customRpcUrls: "https://a,https://b" }), "/chains/chain1"],
  ["one domain twice", relayer({ chains: { chain2: { domainId: 1 } } }), "has the domain of"],
  ["no origin", validator({ validator: { originChain: "" } }), "validator.originChain"],
  ["an origin elsewhere", validator({ validator: { originChain: "x" } }), "validator.originChain"],
  ["no bucket", validator({ validator: { bucket: { name: "" } } }), "validator.bucket"],
  ["no region", validator({ validator: { bucket: { region: "" } } }), "validator.bucket"],
  ["a validator that stands by", validator({ relayer: { standby: true } }), "relayer.standby"],
  ["a validator with routes", validator({ relayer: { routes: [route] } }), "relayer.routes"],
  ["a validator of another group", validator({ group: "all" }), "group"],
  ["a relayer of no group", relayer({ group: "" }), "group"],
  ["a relayer with an origin", relayer({ validator: { originChain: "chain1" } }), "originChain"],
  ["no routes", relayer({ relayer: { routes: [] } }), "relayer.routes"],
  [
    "a route from nowhere",
    relayer({ relayer: { routes: [route, { ...route, origin: "nowhere" }] } }),
    "relayer.routes[1].origin",
  ],
  [
    "a route to itself",
    relayer({ relayer: { routes: [{ ...route, destination: "chain1" }] } }),
    "relayer.routes[0] leads",
  ],
  ["a route twice", relayer({ relayer: { routes: [route, route] } }), "/relayer/routes"],
  ["no policy of payment", relayer({ relayer: { gasPayment: [] } }), "/relayer/gasPayment"],
  [
    "a minimum of nothing",
    relayer({ relayer: { gasPayment: [{ type: "minimum" }] } }),
    "relayer.gasPayment[0].payment",
  ],
  [
    "a payment of a fraction",
    relayer({ relayer: { gasPayment: [{ type: "onChainFeeQuoting", payment: "1" }] } }),
    "relayer.gasPayment[0].payment",
  ],
  [
    "a fraction of a minimum",
    relayer({
      relayer: { gasPayment: [{ type: "minimum", payment: "1", gasFraction: "1/2" }] },
    }),
    "relayer.gasPayment[0].gasFraction",
  ],
  ...(
    [
      ["a rule of nothing that agents know", { origin: 1 }, "/0"],
      ["a rule with a chain's name", { originDomain: "chain1" }, "/0/originDomain"],
      ["a rule with a domain in hex", { destination_domain: ["0x5"] }, "/0/destination_domain"],
      ["a rule with half an address", { senderAddress: "0x12" }, "/0/senderAddress"],
    ] as const
  ).map(([name, rule, at]): (typeof WRONG)[number] => [
    name,
    relayer({ relayer: { gasPayment: [{ type: "none", matchingList: [rule] }] } }),
    `/relayer/gasPayment/0/matchingList${at}`,
  ]),
  [
    "a payment beyond 256 bits",
    paid({ type: "minimum", payment: "9".repeat(78) }),
    "/relayer/gasPayment/0/payment",
  ],
  [
    "a fraction beyond 64 bits",
    paid({ type: "onChainFeeQuoting", gasFraction: `1/${"9".repeat(20)}` }),
    "/relayer/gasPayment/0/gasFraction",
  ],
  ["no URLs", without("rpc"), "/rpc/secret"],
  ["a size without a unit", validator({ storage: { size: "100" } }), "/storage/size"],
  ["to run as root", validator({ podSecurity: { user: 0 } }), "/podSecurity/user"],
  ["no way out", validator({ network: { policy: { ports: [] } } }), "/network/policy/ports"],
  ["a value that there is not", validator({ replicas: 3 }), "replicas"],
  ["capitals in the repository", withRepository("ghcr.io/A/agent"), "[^A-Z]"],
  ["a repository that ends in a slash", withRepository("ghcr.io/a/"), "/image/repository"],
  ...["/tmp", "/tmp/agent", "/etc/hyperlane", "/var/lib/hyperlane/bin", "/proc", "/app/../etc"].map(
    (folder): (typeof WRONG)[number] => [
      `agents in ${folder}`,
      validator({ image: { folder } }),
      "/image/folder",
    ],
  ),
  ["a role and a space", validator({ roleArn: `${least("validator").roleArn} ` }), "/roleArn"],
  ["a Secret of an empty label", validator({ rpc: { secret: "rpc..1" } }), "/rpc/secret"],
  [
    "a pull secret of a label that ends in -",
    validator({ image: { pullSecrets: ["a-.b"] } }),
    "/image/pullSecrets/0",
  ],
  [
    "a storage class of an empty label",
    validator({ storage: { className: "a..b" } }),
    "/storage/className",
  ],
  [
    "a priority class of an empty label",
    validator({ priority: { className: "a..b" } }),
    "/priority/className",
  ],
  [
    "an origin that no label can hold",
    () => ofChain("a".repeat(64)),
    "'/validator/originChain': maxLength: got 64, want 63",
  ],
  [
    "memory in a unit that Kubernetes does not know",
    withResources({ requests: { memory: "2GB" } }),
    "/resources/requests/memory",
  ],
  ["less memory than none", withResources({ limits: { memory: -1 } }), "/resources/limits/memory"],
  [
    "a resource that there is not",
    withResources({ limits: { memroy: "2Gi" } }),
    "'/resources/limits': additional properties 'memroy'",
  ],
  [
    "a toleration of a misspelt key",
    tolerating({ keyy: "x", operator: "Exists" }),
    "'/tolerations/0': additional properties 'keyy'",
  ],
  [
    "a toleration by an operator that there is not",
    tolerating({ key: "x", operator: "Exist" }),
    "/tolerations/0/operator",
  ],
  ["a toleration of nothing", tolerating({}), "'/tolerations/0': missing property 'key'"],
  [
    "a node's label that cannot be",
    validator({ nodeSelector: { "a b": "c" } }),
    "'/nodeSelector': additional properties 'a b'",
  ],
  [
    "a node's label of a value that cannot be",
    validator({ nodeSelector: { pool: "a b" } }),
    "/nodeSelector/pool",
  ],
  [
    "a label that cannot be",
    validator({ metrics: { serviceMonitor: { labels: { release: "a b" } } } }),
    "/metrics/serviceMonitor/labels/release",
  ],
  [
    "a node of its own by a misspelt field",
    reaching({ ipBlock: { cird: "10.0.0.0/8" } }),
    "'/network/policy/to/0/ipBlock': additional properties 'cird'",
  ],
  [
    "a node of its own by an address without a mask",
    reaching({ ipBlock: { cidr: "10.0.0.0" } }),
    "/network/policy/to/0/ipBlock/cidr",
  ],
  ["a node of its own that is nobody", reaching({}), "/network/policy/to/0"],
  [
    "one who may read metrics, by a label that is not in quotes",
    validator({
      network: {
        policy: { metricsFrom: [{ namespaceSelector: { matchLabels: { metrics: true } } }] },
      },
    }),
    "/network/policy/metricsFrom/0/namespaceSelector/matchLabels/metrics",
  ],
];

test.each(WRONG)("%s is refused by the value's name", async (_, values, name) => {
  expect(await refusal(values())).toContain(name);
});

const TABLES = tablesOf(chart, [
  "agent",
  "image.repository",
  "roleArn",
  "key.id",
  "key.region",
  "chains",
  "rpc.secret",
]);

/** Every key empty that may be. */
const allIdle = (kind: AgentKind) => () => {
  const needed = kind === "validator" ? ["originChain", "name", "region"] : ["routes", "group"];
  const isIdle = (name: string) => !["tag", ...needed].includes(name);
  return TABLES.map(({ at, idle }) => emptied(at, idle.filter(isIdle))).reduce(merged, least(kind));
};

const RIGHT: [string, () => Values][] = [
  [
    "the largest payment, fraction and domain",
    relayer({
      relayer: {
        gasPayment: [
          { type: "minimum", payment: "9".repeat(77) },
          { type: "onChainFeeQuoting", gasFraction: `${"9".repeat(19)} / ${"9".repeat(19)}` },
          { type: "none", matchingList: [{ originDomain: "4294967295" }] },
        ],
      },
    }),
  ],
  ["a repository behind a port", withRepository("localhost:5000/agent")],
  ...["/opt/hyperlane", "/tmpfs", "/var/lib/hyperlane-agents", "/a..b/.c"].map(
    (folder): (typeof RIGHT)[number] => [
      `an image with its agents in ${folder}`,
      validator({ image: { folder } }),
    ],
  ),
  ["a Secret of several labels", validator({ rpc: { secret: "rpc-1.axon" } })],
  ["the longest origin that a label can hold", () => ofChain("a".repeat(63))],
  [
    "half a CPU, and a device",
    withResources({ requests: { cpu: 0.5, memory: 2 ** 31 }, limits: { "example.com/device": 1 } }),
  ],
  ["a toleration of everything", tolerating({ operator: "Exists" })],
  [
    "a toleration for a time",
    tolerating({ key: "a.b/c", operator: "Equal", effect: "NoExecute", tolerationSeconds: 300 }),
  ],
  ["a node's label without a value", validator({ nodeSelector: { "a.b/c": "" } })],
  ["a node of its own at an address", reaching({ ipBlock: { cidr: "fd00::/8" } })],
  ["every pod of the namespace", reaching({ podSelector: {} })],
  ["what is nothing to a validator unless given, empty,", allIdle("validator")],
  ["what is nothing to a relayer unless given, empty,", allIdle("relayer")],
  [
    "an image by its digest alone",
    validator({ image: { tag: null, digest: `sha256:${"a".repeat(64)}` } }),
  ],
];

test.each(RIGHT)("%s is taken", async (_, values) => {
  expect(await refusal(values())).toBe("");
});

test.each(TABLES)("an empty key of $path is refused by its name", async ({ at, needed }) => {
  const said = await refusal(least("validator", emptied(at, needed)));
  const missing = said
    .split("\n")
    .find((line) => line.includes(`at '${["", ...at].join("/")}': miss`));
  for (const name of needed) expect(missing).toContain(`'${name}'`);
});
