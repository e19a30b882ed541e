import { type Address, address, type Hex, hex } from "@playbook/evm";
import {
  dataSlice,
  getAddress,
  getBytes,
  Signature,
  solidityPackedKeccak256,
  toBeHex,
  verifyMessage,
} from "ethers";
import { z } from "zod";
import { isNewest, type Tree } from "./merkle-tree.ts";

/** The tree of a chain's messages right after one came into it. */
export type Checkpoint = {
  merkleTreeHook: Address;
  domain: number;
  root: Hex;
  index: number;
  messageId: Hex;
};

export type SignedCheckpoint = Checkpoint & { signature: Hex };

const word = hex.refine((text) => text.length === 66);

/** A number of 256 bits, without leading zeros. */
const number = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform((text) => toBeHex(text, 32));

/** `checkpoint_<index>_with_id.json`, as far as relayers read it: they hand `v` on as it is. */
const file = z.object({
  value: z.object({
    checkpoint: z.object({
      merkle_tree_hook_address: word,
      mailbox_domain: z.number(),
      root: word,
      index: z.number(),
    }),
    message_id: word,
  }),
  signature: z.object({ r: number, s: number, v: z.literal([27, 28]) }),
});

/** Reads a validator's file; undefined for what is none. */
export function readCheckpoint(text: string): SignedCheckpoint | undefined {
  try {
    const { value, signature } = file.parse(JSON.parse(text));
    const { checkpoint, message_id } = value;
    return {
      merkleTreeHook: address.parse(getAddress(dataSlice(checkpoint.merkle_tree_hook_address, 12))),
      domain: checkpoint.mailbox_domain,
      root: checkpoint.root,
      index: checkpoint.index,
      messageId: message_id,
      signature: Signature.from(signature).serialized as Hex,
    };
  } catch {
    return undefined;
  }
}

/** Who has signed it; undefined for a signature of nobody. */
export function signerOf(signed: SignedCheckpoint): Address | undefined {
  const { domain, merkleTreeHook, root, index, messageId, signature } = signed;
  const about = solidityPackedKeccak256(
    ["uint32", "bytes32", "string"],
    [domain, `0x${merkleTreeHook.slice(2).padStart(64, "0")}`, "HYPERLANE"],
  );
  const digest = solidityPackedKeccak256(
    ["bytes32", "bytes32", "uint32", "bytes32"],
    [about, root, index, messageId],
  );
  try {
    return verifyMessage(getBytes(digest), signature) as Address;
  } catch {
    return undefined;
  }
}

/** What should be signed; its message by its id, or as the newest of a tree. */
export type RightCheckpoint = Omit<Checkpoint, "messageId"> & { messageId?: Hex; tree?: Tree };

/** Why a file is not a validator's signature of a checkpoint; undefined when it is. */
export function flawOfCheckpoint(
  signed: SignedCheckpoint,
  validator: Address,
  right: RightCheckpoint,
): string | undefined {
  if (signerOf(signed) !== validator) return "It is signed by another key.";
  if (signed.domain !== right.domain || signed.merkleTreeHook !== right.merkleTreeHook) {
    return "It is of another chain or tree.";
  }
  if (signed.index !== right.index) return `It is of index ${signed.index}.`;
  if (signed.root !== right.root) return "It has another root than the tree.";
  return isOfMessage(signed, right) ? undefined : "It is of another message.";
}

/**
 * Whether it spoils the right ones: relayers count what has the same root beside them, whatever
 * else it says, and make no proof of what does not agree; nor where they find a signature of
 * nobody.
 */
export function spoilsProof(
  signed: SignedCheckpoint,
  validator: Address,
  right: RightCheckpoint,
): boolean {
  if (signed.index !== right.index) return false;
  const signer = signerOf(signed);
  if (signer !== validator) return signer === undefined;
  return signed.root === right.root && flawOfCheckpoint(signed, validator, right) !== undefined;
}

function isOfMessage({ messageId }: SignedCheckpoint, right: RightCheckpoint): boolean {
  if (right.messageId !== undefined) return messageId === right.messageId;
  return right.tree === undefined || isNewest(right.tree, messageId);
}
