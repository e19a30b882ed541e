type Parts = {
  data: string;
  /** What a key's file is called, up to `net.key`. */
  keys: string;
  /** Where the others are met, as multiaddresses. */
  bootstraps: readonly string[];
};

/** A node's configuration, with only what it has to have. */
export function configTextOf({ data, keys, bootstraps }: Parts): string {
  const met = bootstraps.map((one) => `[[network.bootstraps]]\nmulti_address = "${one}"\n`);
  return `net_privkey_file = "${keys}net.key"
bls_privkey_file = "${keys}bls.key"
data_path = "${data}"
[rpc]
http_listening_address = "0.0.0.0:8000"
maxconn = 100
max_payload_size = 1048576
[web3]
[network]
listening_address = "/ip4/0.0.0.0/tcp/8001"
${met.join("")}
[synchronization]
[mempool]
pool_size = 2000
timeout_gap = 20
[executor]
triedb_cache_size = 200
[prometheus]
listening_address = "0.0.0.0:8100"
`;
}
