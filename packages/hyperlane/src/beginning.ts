import type { Address } from "@playbook/evm";
import type { Look } from "./look.ts";

/**
 * The block that a mailbox's messages begin in at the latest. What the mailbox itself says is of
 * its implementation, which is newer where it was upgraded; its tree is as old as the first message
 * in it.
 */
export async function beginningOf(
  look: Look,
  mailbox: Address,
  tree: Address | undefined,
): Promise<number> {
  const [upgraded, planted] = await Promise.all([
    look.value<bigint>("Mailbox", mailbox, "deployedBlock"),
    tree && look.value<bigint>("MerkleTreeHook", tree, "deployedBlock"),
  ]);
  return Math.min(Number(upgraded), Number(planted ?? upgraded));
}
