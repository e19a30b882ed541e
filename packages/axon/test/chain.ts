import { VALIDATORS } from "./vectors.ts";

/** A configuration as Axon's repository has it for development. */
export const CONFIG = `
net_privkey_file = "net.key"
bls_privkey_file = "bls.key"
data_path = "./devtools/chain/data"

[rpc]
http_listening_address = "0.0.0.0:8000"
ws_listening_address = "0.0.0.0:8010"
maxconn = 25000
max_payload_size = 10_485_760

[web3]
max_gas_cap = 50_000_000

[network]
listening_address = "/ip4/0.0.0.0/tcp/8001"
rpc_timeout = 10

[[network.bootstraps]]
multi_address = "/dns4/axon1/tcp/8001/p2p/QmNk6bBwkLPuqnsrtxpp819XLZY3ymgjs3p1nKtxBVgqxj"

[[network.bootstraps]]
multi_address = "/ip4/127.0.0.1/tcp/8001/p2p/QmaHBJqULbLGDn7Td196goNebH6XMTMMu2sKNNP2DiX9S2"

[synchronization]
sync_txs_chunk_size = 5000

[mempool]
timeout_gap = 20
pool_size = 20000000

[executor]
triedb_cache_size = 200

[prometheus]
listening_address = "0.0.0.0:8100"
`;

/** A chain spec as Axon's repository has it for a development network of four. */
export const CHAIN_SPEC = `
[genesis]
timestamp = 1680249207
base_fee_per_gas = "0x539"
chain_id = 0x41786f6e
hardforks = []

[[accounts]]
address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
balance = "04ee2d6d415b85acef8100000000"

[params]
epoch = 0

[params.version]
start = 1
end = 100000000

[params.consensus_config]
propose_ratio = 15
prevote_ratio = 10
precommit_ratio = 10
brake_ratio = 10
tx_num_limit = 20000
max_tx_size = 409600000
gas_limit = 4294967295000
interval = 3000

${VALIDATORS.map(
  ({ bls_pub_key, pub_key, address }) => `[[params.verifier_list]]
bls_pub_key = "${bls_pub_key}"
pub_key = "${pub_key}"
address = "${address}"
propose_weight = 1
vote_weight = 1
`,
).join("\n")}`;

/** The text with one line of it replaced, which has to be there. */
export function changed(text: string, line: string | RegExp, replacement: string): string {
  const result = text.replace(line, replacement);
  if (result === text) throw new Error(`There is no ${line} to be replaced.`);
  return result;
}
