import { z } from "zod";
import { address, checksummedAddress, hex, quantity, u32, u64 } from "./primitives.ts";
import { type Read, readToml } from "./toml.ts";

/** The forks that Axon knows. `None` is a name of the format, and no fork. */
export const HARDFORKS = ["None", "Andromeda"] as const;

export type HardforkName = (typeof HARDFORKS)[number];

const genesis = z.object({
  timestamp: u64,
  hardforks: z.array(z.enum(HARDFORKS, `has to be one of ${HARDFORKS.join(", ")}`)),
  base_fee_per_gas: quantity(8),
  chain_id: u64,
});

const validator = z.object({
  bls_pub_key: hex,
  pub_key: hex,
  /** axonweb3/axon demands it; tvl-labs/el-axon takes it from the public key and passes it over. */
  address: address.optional(),
  propose_weight: u32,
  vote_weight: u32,
});

const consensusConfig = z.object({
  gas_limit: u64,
  /** Milliseconds. */
  interval: u64,
  propose_ratio: u64,
  prevote_ratio: u64,
  precommit_ratio: u64,
  brake_ratio: u64,
  tx_num_limit: u64,
  max_tx_size: u64,
  max_contract_limit: u64.default(0x6000n),
});

/** Axon's `ChainSpec`, field by field, with its defaults. */
const chainSpec = z.object({
  genesis,
  accounts: z.array(z.object({ address: checksummedAddress, balance: quantity(32) })),
  params: z.object({
    version: z.object({ start: u64, end: u64 }),
    epoch: u64,
    verifier_list: z.array(validator),
    consensus_config: consensusConfig,
  }),
});

export type ChainSpec = z.output<typeof chainSpec>;

/** A validator as the genesis block names it. */
export type Verifier = z.output<typeof validator>;

/** Reads a chain spec as `axon init` does. Throws `bad-chain-spec` with each path at fault. */
export function readChainSpec(written: string, name = "the chain spec"): Read<ChainSpec> {
  return readToml(written, chainSpec, { name, code: "bad-chain-spec" });
}

/** Whether a file reads as a chain spec: what it is called is each chart's own. */
export function isChainSpec(text: string): boolean {
  return /^\s*(?:\[\[\s*params\s*\.\s*verifier_list\s*\]\]|(?:params\s*\.\s*)?verifier_list\s*=)/m.test(
    text,
  );
}
