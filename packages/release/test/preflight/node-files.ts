import { generateKeyPair, type KeyPair, type PublicHalf, publicHalfOf } from "@playbook/axon";
import type { Manifest } from "../../src/preflight/manifest.ts";

export type Keys = KeyPair & PublicHalf;

export function newKeys(count: number): Keys[] {
  return Array.from({ length: count }, () => {
    const pair = generateKeyPair();
    return { ...pair, ...publicHalfOf(pair) };
  });
}

type Changes = { data?: string; keys?: string; peers?: readonly Keys[] };

/** A node's configuration, with only what it has to have. */
export function configOf(
  all: readonly Keys[],
  { data = "/var/lib/axon", keys = "/var/run/axon/keys/", peers = all }: Changes = {},
): string {
  const bootstraps = peers.map(
    ({ peerId }, at) =>
      `[[network.bootstraps]]\nmulti_address = "/dns4/axon-${at}/tcp/8001/p2p/${peerId}"\n`,
  );
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
${bootstraps.join("")}
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

export function configMap(name: string, data: Record<string, string>): Manifest {
  return { kind: "ConfigMap", metadata: { name }, data };
}
