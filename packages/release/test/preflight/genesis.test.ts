import { readChainSpec } from "@playbook/axon";
import { checkGenesis } from "../../src/preflight/chain/genesis.ts";

type Key = { pub_key: string; bls_pub_key: string; address?: string };

const KEYS: Key[] = ["02", "03"].map((digit) => ({
  pub_key: `0x${digit}${"ab".repeat(32)}`,
  bls_pub_key: `0x${digit}${"cd".repeat(47)}`,
}));
const ACCOUNTS = [
  "0x8ab0CF264DF99D83525e9E11c7e4db01558AE1b1",
  "0xF386573563C3a75dBbd269FCe9782620826dDAc2",
];

type Changes = {
  timestamp?: number;
  interval?: number;
  keys?: Key[];
  accounts?: string[];
};

function specOf({
  timestamp = 1,
  interval = 3000,
  keys = KEYS,
  accounts = ACCOUNTS,
}: Changes = {}) {
  const text = `
[genesis]
timestamp = ${timestamp}
hardforks = []
base_fee_per_gas = "0x539"
chain_id = 2022

${accounts.map((address) => `[[accounts]]\naddress = "${address}"\nbalance = "0x1"`).join("\n")}

[params]
epoch = 0

[params.version]
start = 1
end = 100000000

[params.consensus_config]
gas_limit = 30_000_000
interval = ${interval}
propose_ratio = 15
prevote_ratio = 10
precommit_ratio = 10
brake_ratio = 10
tx_num_limit = 20000
max_tx_size = 409600000

${keys
  .map(
    (key) =>
      `[[params.verifier_list]]\nbls_pub_key = "${key.bls_pub_key}"\npub_key = "${key.pub_key}"\n` +
      (key.address ? `address = "${key.address}"\n` : "") +
      "propose_weight = 1\nvote_weight = 1",
  )
  .join("\n")}
`;
  return readChainSpec(text).value;
}

const found = (rendered: Changes, live: Changes = {}) =>
  checkGenesis(
    { at: "ConfigMap new, chain-spec.toml", spec: specOf(rendered) },
    { at: "ConfigMap old, chain-spec.toml", spec: specOf(live) },
  );

const [one, other] = KEYS as [Key, Key];
const [first, second] = ACCOUNTS as [string, string];

test.each<[string, Changes]>([
  ["genesis.timestamp", { timestamp: 2 }],
  ["params.consensus_config.interval", { interval: 500 }],
  ["params.verifier_list", { keys: [one] }],
  ["params.verifier_list", { keys: [other, one] }],
  ["accounts", { accounts: [first] }],
  ["genesis.timestamp, params.verifier_list", { timestamp: 2, keys: [one] }],
])("another %s is another chain, which is said with what to do instead", (paths, changes) => {
  expect(found(changes)).toEqual([
    {
      ...{ code: "genesis-changed", level: "error", at: "ConfigMap new, chain-spec.toml" },
      why: expect.stringContaining(`began with another ${paths} (ConfigMap old, chain-spec.toml)`),
      next: expect.stringMatching(/chain\.spec.*change-axon-validators.*another release/),
    },
  ]);
});

test("the same chain may be written otherwise: letters of hex, order of accounts", () => {
  const shouted = KEYS.map(({ pub_key, bls_pub_key }) => ({
    ...{ pub_key: upper(pub_key), bls_pub_key: upper(bls_pub_key) },
  }));

  expect(found({ keys: shouted, accounts: [second, first] })).toEqual([]);
});

test("a chain whose validators' addresses are written at last is the same chain", () => {
  const keys = KEYS.map((key, at) => ({ ...key, address: ACCOUNTS[at] ?? "" }));

  expect(found({ keys })).toEqual([]);
});

const upper = (hex: string) => `0x${hex.slice(2).toUpperCase()}`;
