import { z } from "zod";
import { address, flag, i32, multiaddr, socketAddress, text, u32, u64 } from "./primitives.ts";
import { type Read, readToml } from "./toml.ts";

/** What stood in the place of these before was the key itself. */
const keyFile = z.string("has to be the name of a file of 32 bytes, in quotes");

const rpc = z.object({
  http_listening_address: socketAddress.optional(),
  ws_listening_address: socketAddress.optional(),
  maxconn: u32,
  max_payload_size: u32,
  enable_dump_profile: flag.optional(),
});

const web3 = z.object({
  log_filter_max_block_range: u64.default(10_000n),
  max_gas_cap: u64.default(25_000_000n),
});

const network = z.object({
  bootstraps: z.array(z.object({ multi_address: multiaddr })).optional(),
  allowlist: z.array(text).optional(),
  allowlist_only: flag.optional(),
  max_connected_peers: u64.optional(),
  inbound_conn_limit: u64.optional(),
  listening_address: multiaddr,
  rpc_timeout: u64.optional(),
  send_buffer_size: u64.optional(),
  recv_buffer_size: u64.optional(),
  max_frame_length: u64.optional(),
  ping_interval: u64.optional(),
});

const mempool = z.object({
  pool_size: u64,
  timeout_gap: u64,
  broadcast_txs_size: u64.default(200n),
  broadcast_txs_interval: u64.default(200n),
});

const logger = z.object({
  filter: text,
  log_to_console: flag,
  console_show_file_and_line: flag,
  log_to_file: flag,
  metrics: flag,
  log_path: text,
  file_size_limit: u64,
  modules_level: z.record(z.string(), text).default({}),
});

const rocksdb = z.object({
  max_open_files: i32,
  cache_size: u64.default(100n),
  options_file: text.optional(),
});

const jaeger = z.object({
  service_name: text.optional(),
  tracing_address: socketAddress.optional(),
  tracing_batch_size: u64.optional(),
});

const DEFAULT_LOGGER: z.output<typeof logger> = {
  filter: "info",
  log_to_console: true,
  console_show_file_and_line: false,
  log_to_file: true,
  metrics: true,
  log_path: "logs/",
  file_size_limit: 1024n ** 3n,
  modules_level: {},
};

/** Axon's `Config`, field by field, with its defaults. Unknown fields are passed over, as there. */
const config = z.object({
  net_privkey_file: keyFile,
  bls_privkey_file: keyFile,
  data_path: text,
  rpc,
  web3,
  network,
  mempool,
  executor: z.object({ triedb_cache_size: u64 }),
  synchronization: z.object({ sync_txs_chunk_size: u64.default(5000n) }),
  logger: logger.default(DEFAULT_LOGGER),
  rocksdb: rocksdb.default({ max_open_files: 64, cache_size: 100n }),
  jaeger: jaeger.optional(),
  prometheus: z.object({ listening_address: socketAddress.optional() }).optional(),
  ibc_contract_address: address.default(`0x${"0".repeat(40)}`),
});

export type Config = z.output<typeof config>;

/**
 * Reads a node's configuration as `axon` does. Throws `bad-axon-config` with each path at fault.
 */
export function readConfig(written: string, name = "the configuration"): Read<Config> {
  return readToml(written, config, { name, code: "bad-axon-config" });
}
