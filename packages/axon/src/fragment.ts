import type { PublicHalf } from "./keys.ts";

/** A validator's weights: how often it leads, with Axon's `random_leader`; what its votes count. */
export type Weights = { proposeWeight: number; voteWeight: number };

/** Validators as a chain spec lists them. */
export function verifierList(validators: (PublicHalf & Weights)[]): string {
  return validators
    .map(
      ({ publicKey, blsPublicKey, address, proposeWeight, voteWeight }) => `[[params.verifier_list]]
bls_pub_key = "${blsPublicKey}"
pub_key = "${publicKey}"
address = "${address}"
propose_weight = ${proposeWeight}
vote_weight = ${voteWeight}
`,
    )
    .join("\n");
}
