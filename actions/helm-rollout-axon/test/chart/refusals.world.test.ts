import { merged, type Values } from "../../../../test/charts.ts";
import { rendered } from "./rendered.ts";
import { grownChain, leastValues, type Validator } from "./values.ts";

/** Values with one validator changed. */
function withValidator(at: number, change: (all: Validator[]) => Values): Values {
  const values = leastValues();
  const all = values.validators.map((validator, place) =>
    place === at ? { ...validator, ...change(values.validators) } : validator,
  );
  return { ...values, validators: all };
}

const least = (over: Values) => merged(leastValues(), over);

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
  ["no region", () => least({ keys: { source: "external-secrets" } }), "keys.region"],
  [
    "a Secret where the chart makes it",
    () =>
      merged(
        withValidator(0, () => ({ existingSecret: "x" })),
        { keys: { source: "csi" } },
      ),
    "validators[0].existingSecret",
  ],
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
  [
    "fewer at the most than at the least",
    () => least({ rpc: { replicas: 9 } }),
    "rpc.autoscaling.maxReplicas",
  ],
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
  const failure = await rendered(values()).then(
    () => "",
    (error: { stderr: string }) => error.stderr,
  );
  expect(failure).toContain(name);
});
