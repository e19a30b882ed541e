import { z } from "zod";
import { bytes, count, readAnswer, weight } from "./answer.ts";

const validator = z.object({
  bls_pub_key: bytes,
  pub_key: bytes,
  address: bytes,
  propose_weight: weight,
  vote_weight: weight,
});

const metadata = z.object({
  version: z.object({ start: count, end: count }),
  epoch: count,
  verifier_list: z.array(validator),
  /** One for each who votes in the epoch, and one more for each who comes within it. */
  propose_counter: z.array(z.object({ address: bytes })).optional(),
  consensus_config: z.object({
    gas_limit: count,
    interval: count,
    propose_ratio: count,
    prevote_ratio: count,
    precommit_ratio: count,
    brake_ratio: count,
    tx_num_limit: count,
    max_tx_size: count,
    max_contract_limit: count.optional(),
  }),
});

/** Who votes from one block to another, both included, and how fast. */
export type Metadata = z.output<typeof metadata>;

/** A validator as the chain itself names it. */
export type Validator = z.output<typeof validator>;

/** Reads `axon_getCurrentMetadata` and `axon_getMetadataByNumber`. Throws `bad-axon-answer`. */
export function readMetadata(answer: unknown): Metadata {
  return readAnswer("axon_getCurrentMetadata", answer, metadata);
}

/** Who votes at a height, as a node says it. Throws `bad-axon-answer`. */
export async function metadataAt(
  node: { ask(method: string, params: unknown[]): Promise<unknown> },
  height: number,
): Promise<Metadata> {
  const at = `0x${height.toString(16)}`;
  return readMetadata(await node.ask("axon_getMetadataByNumber", [at]));
}
