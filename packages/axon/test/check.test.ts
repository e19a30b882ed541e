import { readChainSpec } from "../src/chain-spec.ts";
import { checkChainSpec, checkConfig, checkTogether } from "../src/check.ts";
import { readConfig } from "../src/config.ts";
import { verifierList } from "../src/fragment.ts";
import type { Hex } from "../src/hex.ts";
import { generateKeyPair, publicHalfOf } from "../src/keys.ts";
import { CHAIN_SPEC, CONFIG, changed } from "./chain.ts";
import { NODES } from "./vectors.ts";

const spec = (text: string) => readChainSpec(text).value;

const config = (text: string) => readConfig(text).value;

test("nothing is wrong with Axon's own chain spec and configuration", () => {
  expect(checkChainSpec(spec(CHAIN_SPEC), { chainId: 0x41786f6en })).toEqual([]);
  expect(checkConfig(config(CONFIG))).toEqual([]);
});

test("the chain spec of another chain is found", () => {
  expect(checkChainSpec(spec(CHAIN_SPEC), { chainId: 5n })).toMatchObject([
    { at: "genesis.chain_id" },
  ]);
});

const SPECS: [string, string, string][] = [
  ["timestamp = 1680249207", "timestamp = 1680249207000", "genesis.timestamp"],
  ["epoch = 0", "epoch = 1", "params.epoch"],
  ["start = 1", "start = 2", "params.version.start"],
  ["end = 100000000", "end = 0", "params.version.end"],
  ["interval = 3000", "interval = 0", "params.consensus_config.interval"],
  ["vote_weight = 1", "vote_weight = 0", "params.verifier_list[0].vote_weight"],
  ["propose_weight = 1", "propose_weight = 0", "params.verifier_list[0].propose_weight"],
  ["0x031ddc35", "0x051ddc35", "params.verifier_list[0].pub_key"],
  [NODES[0].blsPublicKey, `0xc0${"0".repeat(94)}`, "params.verifier_list[0].bls_pub_key"],
  [NODES[0].blsPublicKey, `${NODES[0].blsPublicKey.slice(0, -2)}c7`, "params.verifier_list[0].bls"],
  [NODES[1].publicKey, NODES[0].publicKey, "params.verifier_list[1].pub_key"],
  [NODES[3].blsPublicKey, NODES[2].blsPublicKey, "params.verifier_list[3].bls_pub_key"],
];

test.each(SPECS)("%s as %s is found at %s", (line, replacement, at) => {
  const findings = checkChainSpec(spec(changed(CHAIN_SPEC, line, replacement)));
  expect(findings.map((finding) => finding.at)).toEqual([expect.stringContaining(at)]);
});

test("an address that is another key's is found, and one that is missing where one build wants it", () => {
  const other = spec(changed(CHAIN_SPEC, NODES[2].address, NODES[1].address));
  expect(checkChainSpec(other)).toEqual([
    {
      at: "params.verifier_list[2].address",
      why: expect.stringContaining("not that of the public key"),
      next: `Write ${NODES[2].address}.`,
      isBearable: true,
    },
  ]);
  const none = spec(changed(CHAIN_SPEC, `address = "${NODES[1].address}"`, ""));
  expect(checkChainSpec(none)).toMatchObject([
    { at: "params.verifier_list[1].address", isBearable: true },
  ]);
  expect(checkChainSpec(none, { build: "el-axon" })).toEqual([]);
  expect(checkChainSpec(other, { build: "el-axon" })).toEqual([]);
  expect(checkChainSpec(none, { build: "axon" })[0]).not.toHaveProperty("isBearable");
});

test("what a chain bears at 0 is told apart from what it does not", () => {
  const at = (line: string, zero: string) => checkChainSpec(spec(changed(CHAIN_SPEC, line, zero)));

  expect(at("prevote_ratio = 10", "prevote_ratio = 0")[0]?.isBearable).toBeUndefined();
  expect(at("brake_ratio = 10", "brake_ratio = 0")).toMatchObject([{ isBearable: true }]);
  expect(at("gas_limit = 4294967295000", "gas_limit = 0")[0]?.why).toContain("no transaction");
  expect(at("propose_weight = 1", "propose_weight = 0")).toMatchObject([
    { why: expect.stringContaining("random_leader"), isBearable: true },
  ]);
  expect(at("vote_weight = 1", "vote_weight = 0")[0]?.isBearable).toBeUndefined();
});

test("a chain without validators is found", () => {
  const { params, ...rest } = spec(CHAIN_SPEC);
  const findings = checkChainSpec({ ...rest, params: { ...params, verifier_list: [] } });
  expect(findings).toMatchObject([{ at: "params.verifier_list" }]);
});

const CACHE = "rocksdb.cache_size";

const CONFIGS: [string, string, string][] = [
  ["rpc_timeout = 10", "max_connected_peers = 20", "network.max_connected_peers"],
  ['http_listening_address = "0.0.0.0:8000"', "", "rpc.http_listening_address"],
  ['[prometheus]\nlistening_address = "0.0.0.0:8100"', "", "prometheus.listening_address"],
  [`/p2p/${NODES[0].peerId}`, "", "network.bootstraps[0].multi_address"],
  [NODES[1].peerId, NODES[0].peerId, "network.bootstraps[1].multi_address"],
  ["triedb_cache_size = 200", "triedb_cache_size = 0", "executor.triedb_cache_size"],
  ["rpc_timeout = 10", "rpc_timeout = 10\n[rocksdb]\nmax_open_files = 64\ncache_size = 0", CACHE],
];

test.each(CONFIGS)("%s as %s is found at %s", (line, replacement, at) => {
  const findings = checkConfig(config(changed(CONFIG, line, replacement)));
  expect(findings.map((finding) => finding.at)).toEqual([at]);
});

test("a cache that takes more memory than a node has is found: Axon makes room for all of its entries", () => {
  const found = (trie: bigint, rocks: bigint) => {
    const text = changed(CONFIG, "triedb_cache_size = 200", `triedb_cache_size = ${trie}`);
    const store = `rpc_timeout = 10\n[rocksdb]\nmax_open_files = 64\ncache_size = ${rocks}`;
    return checkConfig(config(changed(text, "rpc_timeout = 10", store))).map(
      ({ at, isBearable }) => `${at}${isBearable ? "?" : ""}`,
    );
  };
  const TRIE = "executor.triedb_cache_size";

  expect(found(1_000_000n, 1_000_000n)).toEqual([]);
  expect(found(2n ** 31n, 2n ** 30n)).toEqual([`${TRIE}?`, `${CACHE}?`]);
  expect(found(2n ** 57n, 10_000_000_000n)).toEqual([TRIE, CACHE]);
  expect(found(2n ** 63n - 1n, 2n ** 63n - 1n)).toEqual([TRIE, CACHE]);
});

test("data without a place are found", () => {
  const text = CONFIG.replace(/^data_path = .*$/m, 'data_path = ""');
  expect(checkConfig(config(text))).toMatchObject([{ at: "data_path" }]);
});

test("a validator to whom no address leads is found by its peer id", () => {
  const grown = checkTogether(config(CONFIG), spec(CHAIN_SPEC), {
    present: [NODES[0].publicKey],
  });
  expect(grown).toEqual([]);
  expect(checkTogether(config(CONFIG), spec(CHAIN_SPEC)).map(({ why }) => why)).toEqual([
    expect.stringContaining(NODES[2].peerId),
    expect.stringContaining(NODES[3].peerId),
  ]);
});

test("a node need not name itself, and runs where one other leads it to the rest", () => {
  const found = (own: Hex, text = CONFIG) =>
    checkTogether(config(text), spec(CHAIN_SPEC), { own }).map((it) => it.isBearable ?? false);
  const alone = CONFIG.replace(/\[\[network\.bootstraps\]\]\nmulti_address.*\n/g, "");

  expect(found(NODES[2].publicKey)).toEqual([true]);
  expect(found(NODES[0].publicKey)).toEqual([true, true]);
  expect(found(NODES[0].publicKey, alone)).toEqual([false, false, false]);
});

test("a node that nobody measures runs all the same, and one without its RPC does not", () => {
  const bearable = (line: string) =>
    checkConfig(config(changed(CONFIG, line, ""))).map((it) => it.isBearable ?? false);

  expect(bearable('[prometheus]\nlistening_address = "0.0.0.0:8100"')).toEqual([true]);
  expect(bearable('http_listening_address = "0.0.0.0:8000"')).toEqual([false]);
});

test("validators that are made here are listed as a chain spec lists them", () => {
  const halves = [1, 2].map(() => publicHalfOf(generateKeyPair()));
  const list = verifierList(halves.map((it) => ({ ...it, proposeWeight: 1, voteWeight: 3 })));
  const before = CHAIN_SPEC.slice(0, CHAIN_SPEC.indexOf("[[params.verifier_list]]"));
  const read = spec(before + list);
  expect(checkChainSpec(read)).toEqual([]);
  expect(read.params.verifier_list).toEqual(
    halves.map(({ publicKey, blsPublicKey, address }) => ({
      address,
      pub_key: publicKey,
      bls_pub_key: blsPublicKey,
      propose_weight: 1,
      vote_weight: 3,
    })),
  );
});
