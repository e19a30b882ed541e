import { type ChainSpec, isChainSpec, readChainSpec } from "@playbook/axon";
import type { ValidatorSet } from "@playbook/bft";
import type { Manifest } from "../manifest.ts";
import { textsIn } from "./genesis.ts";

/** Who validates by the chain spec that is rendered; nobody where none can be read. */
export function foundersIn(manifests: readonly Manifest[]): ValidatorSet {
  const verifiers = specIn(manifests)?.params.verifier_list ?? [];
  return verifiers.map(({ pub_key, vote_weight }) => ({
    id: pub_key.toLowerCase(),
    weight: vote_weight,
  }));
}

/** The chain spec that is rendered, if it can be read. */
export function specIn(manifests: readonly Manifest[]): ChainSpec | undefined {
  const spec = textsIn(manifests).find(({ text }) => isChainSpec(text));
  if (!spec) return undefined;
  try {
    return readChainSpec(spec.text, spec.at).value;
  } catch {
    return undefined;
  }
}
