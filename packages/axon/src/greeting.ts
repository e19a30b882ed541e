import type { Hex } from "./hex.ts";

/**
 * Whose of these public keys a node shows in its first words to a peer; undefined when it is none
 * of them. Source: tentacle-secio 0.6.1, `Propose.pubkey`, the network key as it is in the chain
 * spec.
 */
export function keyShown<Key extends Hex>(greeting: Buffer, keys: readonly Key[]): Key | undefined {
  return keys.find((key) => greeting.includes(Buffer.from(key.slice(2), "hex")));
}
