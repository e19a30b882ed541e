import { isIPv4 } from "node:net";

/** A validator's key pair, as `axon generate-keypair` prints it. */
export type Keypair = {
  public_key: string;
  address: string;
  peer_id: string;
  bls_public_key: string;
};

export type SpecOptions = {
  /** In milliseconds. */
  intervalMs: number;
  /** The last block of the first epoch; the second one has as many. */
  epochEnd: number;
  hardforks: string[];
  /** Of each validator in turn; 1 where there is none. */
  weights: number[];
  /** Balances at the beginning, in wei, by address with its checksum. */
  accounts: Record<string, bigint>;
};

export const CHAIN_ID = 0x41786f6e;

/** A chain spec in Axon's format. */
export function chainSpec(keypairs: Keypair[], options: SpecOptions): string {
  const { intervalMs, epochEnd, hardforks, weights, accounts } = options;
  return [
    // Demanded, so that without any it has to be said.
    ...(Object.keys(accounts).length === 0 ? ["accounts = []"] : []),
    "[genesis]",
    "timestamp = 1680249207",
    'base_fee_per_gas = "0x539"',
    `chain_id = ${CHAIN_ID}`,
    `hardforks = ${JSON.stringify(hardforks)}`,
    "",
    ...Object.entries(accounts).flatMap(([address, balance]) => [
      "[[accounts]]",
      `address = "${address}"`,
      `balance = "0x${balance.toString(16)}"`,
      "",
    ]),
    "[params]",
    "epoch = 0",
    "",
    "[params.version]",
    "start = 1",
    `end = ${epochEnd}`,
    "",
    "[params.consensus_config]",
    "propose_ratio = 15",
    "prevote_ratio = 10",
    "precommit_ratio = 10",
    "brake_ratio = 10",
    "tx_num_limit = 20000",
    "max_tx_size = 409600000",
    "gas_limit = 4294967295000",
    `interval = ${intervalMs}`,
    ...keypairs.flatMap(({ bls_public_key, public_key, address }, index) => [
      "",
      "[[params.verifier_list]]",
      `bls_pub_key = "${bls_public_key}"`,
      `pub_key = "${public_key}"`,
      `address = "${address}"`,
      "propose_weight = 1",
      `vote_weight = ${weights[index] ?? 1}`,
    ]),
    "",
  ].join("\n");
}

/** Where another node is, by address or name. */
export type PeerPlace = { host: string; peerId: string };

/** A node's configuration in Axon's format; its keys and data lie beside it. */
export function nodeConfig(peers: PeerPlace[]): string {
  return [
    'net_privkey_file = "net.key"',
    'bls_privkey_file = "bls.key"',
    'data_path = "data"',
    "",
    "[rpc]",
    'http_listening_address = "0.0.0.0:8000"',
    'ws_listening_address = "0.0.0.0:8010"',
    "maxconn = 25000",
    "max_payload_size = 10485760",
    "",
    "[web3]",
    "max_gas_cap = 50000000",
    "",
    "[network]",
    'listening_address = "/ip4/0.0.0.0/tcp/8001"',
    "rpc_timeout = 10",
    ...peers.flatMap(({ host, peerId }) => [
      "",
      "[[network.bootstraps]]",
      `multi_address = "/${isIPv4(host) ? "ip4" : "dns4"}/${host}/tcp/8001/p2p/${peerId}"`,
    ]),
    "",
    "[synchronization]",
    "sync_txs_chunk_size = 5000",
    "",
    "[mempool]",
    "timeout_gap = 20",
    "pool_size = 20000",
    "",
    "[executor]",
    "triedb_cache_size = 200",
    "",
    "[logger]",
    'filter = "info"',
    "log_to_console = true",
    "console_show_file_and_line = false",
    'log_path = "logs/"',
    "log_to_file = false",
    "file_size_limit = 1073741824",
    "metrics = false",
    "",
    "[prometheus]",
    'listening_address = "0.0.0.0:8100"',
    "",
  ].join("\n");
}
