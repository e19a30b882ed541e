import type { PublicHalf } from "../src/index.ts";

/** The chain spec of a chain that begins with these validators, with only what it has to have. */
export function specTextOf(
  all: readonly Omit<PublicHalf, "peerId">[],
  { chainId = 2022 } = {},
): string {
  const verifiers = all.map(
    ({ publicKey, blsPublicKey, address }) =>
      `[[params.verifier_list]]\nbls_pub_key = "${blsPublicKey}"\npub_key = "${publicKey}"\n` +
      `address = "${address}"\n` +
      "propose_weight = 1\nvote_weight = 1\n",
  );
  return `accounts = []
[genesis]
timestamp = 1680249207
base_fee_per_gas = "0x539"
chain_id = ${chainId}
hardforks = []
[params]
epoch = 0
[params.version]
start = 1
end = 100000000
[params.consensus_config]
interval = 500
propose_ratio = 15
prevote_ratio = 10
precommit_ratio = 10
brake_ratio = 10
gas_limit = 30000000
tx_num_limit = 20000
max_tx_size = 409600000
${verifiers.join("")}`;
}
