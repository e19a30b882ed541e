import { readConfig } from "../src/config.ts";
import { CONFIG, changed } from "./chain.ts";

test("Axon's own configuration is read, with the defaults of what it leaves out", () => {
  const { value, ignored } = readConfig(CONFIG);
  expect(ignored).toEqual([]);
  expect(value).toMatchObject({
    data_path: "./devtools/chain/data",
    rpc: { maxconn: 25_000, max_payload_size: 10_485_760 },
    web3: { max_gas_cap: 50_000_000n, log_filter_max_block_range: 10_000n },
    mempool: { broadcast_txs_size: 200n, broadcast_txs_interval: 200n },
    rocksdb: { max_open_files: 64, cache_size: 100n },
    logger: { filter: "info", log_to_file: true, log_path: "logs/", modules_level: {} },
    ibc_contract_address: "0x0000000000000000000000000000000000000000",
  });
  expect(value.network.bootstraps?.[0]?.multi_address).toEqual({
    text: "/dns4/axon1/tcp/8001/p2p/QmNk6bBwkLPuqnsrtxpp819XLZY3ymgjs3p1nKtxBVgqxj",
    host: "axon1",
    port: 8001,
    peerId: "QmNk6bBwkLPuqnsrtxpp819XLZY3ymgjs3p1nKtxBVgqxj",
  });
});

test("what Axon passes over is named, in tables and in lists too", () => {
  const text = changed(
    changed(CONFIG, "maxconn = 25000", "maxconn = 25000\nmax_conn = 1"),
    "[synchronization]",
    '[[network.bootstraps]]\nmulti_address = "/ip4/1.2.3.4/tcp/1"\nid = "x"\n\n[synchronization]',
  );
  expect(readConfig(text).ignored).toEqual(["rpc.max_conn", "network.bootstraps[2].id"]);
});

const REQUIRED: [string, string, string][] = [
  [
    "net_privkey_file",
    'net_privkey_file = "net.key"',
    "net_privkey_file is missing; it has to be the name of a file of 32 bytes",
  ],
  ["data_path", 'data_path = "./devtools/chain/data"', "data_path is missing; it has to be text"],
  ["rpc.maxconn", "maxconn = 25000", "rpc.maxconn is missing; it has to be a whole number"],
  [
    "pool_size",
    "pool_size = 20000000",
    "mempool.pool_size is missing; it has to be a whole number",
  ],
  ["[web3]", "[web3]\nmax_gas_cap = 50_000_000", "web3 is missing."],
  ["[executor]", "[executor]\ntriedb_cache_size = 200", "executor is missing."],
  ["sync", "[synchronization]\nsync_txs_chunk_size = 5000", "synchronization is missing."],
];

test.each(REQUIRED)("without %s the path is named", (_, line, why) => {
  expect(() => readConfig(changed(CONFIG, line, ""))).toThrow(
    expect.objectContaining({ code: "bad-axon-config", why: expect.stringContaining(why) }),
  );
});

test("a table that is there has to be whole, though it may be left out", () => {
  expect(() => readConfig(`${CONFIG}\n[logger]\nfilter = "info"\n`)).toThrow(
    expect.objectContaining({ why: expect.stringContaining("logger.log_to_console") }),
  );
  expect(() => readConfig(`${CONFIG}\n[rocksdb]\ncache_size = 1\n`)).toThrow(
    expect.objectContaining({ why: expect.stringContaining("rocksdb.max_open_files") }),
  );
});

const WRONG: [string, string, string][] = [
  ["maxconn = 25000", 'maxconn = "25000"', "rpc.maxconn has to be a whole number, without quotes"],
  ["maxconn = 25000", "maxconn = -1", "rpc.maxconn has to be from 0 to 4294967295"],
  ["maxconn = 25000", "maxconn = 4294967296", "rpc.maxconn has to be from 0 to 4294967295"],
  ["timeout_gap = 20", "timeout_gap = 20.0", "mempool.timeout_gap has to be a whole number"],
  ['"0.0.0.0:8000"', '"localhost:8000"', "rpc.http_listening_address has to be an IP address"],
  ['"0.0.0.0:8000"', '"0.0.0.0"', "rpc.http_listening_address has to be an IP address"],
  ['"0.0.0.0:8000"', '"0.0.0.0:65536"', "rpc.http_listening_address has to be an IP address"],
  [
    '"/ip4/0.0.0.0/tcp/8001"',
    '"0.0.0.0:8001"',
    "network.listening_address is no address of a peer",
  ],
  ["/ip4/127.0.0.1/", "/ip4/axon2/", "network.bootstraps[1].multi_address is no address of a peer"],
  ["/dns4/axon1/", "/dns/axon1/", '"dns" is none of ip4,'],
  ["p2p/QmaHB", "p2p/Qma0B", "is no peer id"],
  ["[executor]", "[executor", "It is no TOML: "],
];

test.each(WRONG)("%s as %s is refused by its path", (line, replacement, why) => {
  expect(() => readConfig(changed(CONFIG, line, replacement))).toThrow(
    expect.objectContaining({ code: "bad-axon-config", why: expect.stringContaining(why) }),
  );
});

test("addresses of IPv6 and a port with zeros before it are addresses", () => {
  const text = changed(CONFIG, '"0.0.0.0:8000"', '"[::]:08000"');
  expect(readConfig(text).value.rpc.http_listening_address).toBe("[::]:08000");
});
