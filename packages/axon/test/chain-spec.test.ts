import { readChainSpec } from "../src/chain-spec.ts";
import { CHAIN_SPEC, changed } from "./chain.ts";
import { NODES } from "./vectors.ts";

test("Axon's own chain spec is read", () => {
  const { value, ignored } = readChainSpec(CHAIN_SPEC);
  expect(ignored).toEqual([]);
  expect(value.genesis).toEqual({
    timestamp: 1_680_249_207n,
    hardforks: [],
    base_fee_per_gas: 0x539n,
    chain_id: 0x41786f6en,
  });
  expect(value.accounts).toEqual([
    {
      address: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
      balance: 0x04ee2d6d415b85acef8100000000n,
    },
  ]);
  expect(value.params.consensus_config.max_contract_limit).toBe(0x6000n);
  expect(value.params.verifier_list.map(({ pub_key }) => pub_key)).toEqual(
    NODES.map(({ publicKey }) => publicKey),
  );
});

test("a counter of proposals is passed over, and an address beside a public key is not", () => {
  const text = changed(CHAIN_SPEC, "epoch = 0", "epoch = 0\npropose_counter = 7");
  const { value, ignored } = readChainSpec(text);
  expect(ignored).toEqual(["params.propose_counter"]);
  expect(value.params.verifier_list.map(({ address }) => address)).toEqual(
    NODES.map(({ address }) => address),
  );
});

test("a chain spec of el-axon's has no addresses, which its nodes derive", () => {
  const text = CHAIN_SPEC.replaceAll(/^address = "0x[0-9a-f]{40}"\n/gm, "");
  const { value } = readChainSpec(text);
  expect(value.params.verifier_list.map(({ address }) => address)).toEqual(
    NODES.map(() => undefined),
  );
});

const WRONG: [string, string, string][] = [
  [
    "hardforks = []",
    'hardforks = ["andromeda"]',
    "genesis.hardforks[0] has to be one of None, And",
  ],
  ["hardforks = []", "", "genesis.hardforks is missing."],
  ['"0x539"', "1337", "genesis.base_fee_per_gas has to be text in quotes"],
  ['"0x539"', '"1337 wei"', "genesis.base_fee_per_gas has to be hexadecimal digits"],
  ['"0x539"', `"0x${"1".repeat(17)}"`, "genesis.base_fee_per_gas has to be at most 8 bytes"],
  ['"0x539"', '"0x"', "genesis.base_fee_per_gas has to be hexadecimal digits"],
  ["0x41786f6e", '"0x41786f6e"', "genesis.chain_id has to be a whole number"],
  ["0xf39Fd6e51a", "0xf39fd6e51a", "has to be written 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"],
  ["0xf39Fd6e51a", "0x", "accounts[0].address has to be 40 hexadecimal digits"],
  ["epoch = 0", "", "params.epoch is missing; it has to be a whole number"],
  [
    "interval = 3000",
    'interval = "3s"',
    "params.consensus_config.interval has to be a whole number",
  ],
  ['"0x031ddc', '"031ddc', "params.verifier_list[0].pub_key has to be 0x and pairs"],
  [NODES[0].address, "0x00", "params.verifier_list[0].address has to be 40 hexadecimal digits"],
  ["vote_weight = 1", "vote_weight = -1", "params.verifier_list[0].vote_weight has to be from 0"],
];

test.each(WRONG)("%s as %s is refused by its path", (line, replacement, why) => {
  expect(() => readChainSpec(changed(CHAIN_SPEC, line, replacement))).toThrow(
    expect.objectContaining({ code: "bad-chain-spec", why: expect.stringContaining(why) }),
  );
});
