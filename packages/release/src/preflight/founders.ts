import { readChainSpec } from "@playbook/axon";
import type { ValidatorSet } from "@playbook/bft";
import { isChainSpec, textsIn } from "./genesis.ts";
import type { Manifest } from "./manifest.ts";

/** Who validates by the chain spec that is rendered; nobody where none can be read. */
export function foundersIn(manifests: readonly Manifest[]): ValidatorSet {
  const spec = textsIn(manifests).find(isChainSpec);
  if (!spec) return [];
  try {
    const { verifier_list } = readChainSpec(spec.text, spec.at).value.params;
    return verifier_list.map(({ pub_key, vote_weight }) => ({
      id: pub_key.toLowerCase(),
      weight: vote_weight,
    }));
  } catch {
    return [];
  }
}
