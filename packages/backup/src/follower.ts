import type { Manifest } from "./manifest.ts";

/** How our own chart calls the pods of nodes without a vote: no validator of it can be called so. */
const FOLLOWER = /-(?:sync|rpc)-[0-9]+$/;

/**
 * Why validators that are given a follower's data may never propose a block; empty for a validator's.
 * A node that follows stores its newest block with the proof of the block before it, and Axon proposes
 * with the proof of its newest block alone. Read in Axon's sources (`save_chain_data`, `get_block`).
 */
export function proposalText({ source: { pod } }: Pick<Manifest, "source">): string {
  if (!FOLLOWER.test(pod)) return "";
  return (
    `The backup is of ${pod}, a node that only follows. Axon stores such a node's newest block without ` +
    "that block's own proof, and validators that all start from it may never propose another: read " +
    '"A backup of a node that only follows" in the README of restore-axon before the old chain is shut.'
  );
}
