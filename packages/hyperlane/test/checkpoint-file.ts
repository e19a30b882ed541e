import type { Address, Hex } from "@playbook/evm";
import {
  getBytes,
  Signature,
  solidityPackedKeccak256,
  toQuantity,
  Wallet,
  zeroPadValue,
} from "ethers";
import { account } from "./wishes.ts";

const validator = new Wallet(`0x${"7".repeat(64)}`);
/** Who signs. */
export const own = validator.address as Address;
export const messageId = `0x${"cd".repeat(32)}` as Hex;
export const right = {
  ...{ merkleTreeHook: account(3), domain: 5, root: `0x${"ab".repeat(32)}` as Hex },
  ...{ index: 4, messageId },
};

/** A file as a validator writes it. */
export async function file(over: Partial<typeof right> = {}): Promise<string> {
  const value = { ...right, ...over };
  const about = solidityPackedKeccak256(
    ["uint32", "bytes32", "string"],
    [value.domain, zeroPadValue(value.merkleTreeHook, 32), "HYPERLANE"],
  );
  const digest = solidityPackedKeccak256(
    ["bytes32", "bytes32", "uint32", "bytes32"],
    [about, value.root, value.index, value.messageId],
  );
  const serialized_signature = await validator.signMessage(getBytes(digest));
  const { r, s, v } = Signature.from(serialized_signature);
  return JSON.stringify({
    value: {
      checkpoint: {
        merkle_tree_hook_address: zeroPadValue(value.merkleTreeHook, 32),
        ...{ mailbox_domain: value.domain, root: value.root, index: value.index },
      },
      message_id: value.messageId,
    },
    signature: { r: toQuantity(r), s: toQuantity(s), v },
    serialized_signature,
  });
}
