import { type Signature, solidityPackedKeccak256, toBeHex, zeroPadValue } from "ethers";

/** What a validator signs of a message: the tree with it, and which it is. */
export type Checkpoint = {
  merkleTreeHook: string;
  domain: number;
  root: string;
  index: number;
  messageId: string;
};

const word = (address: string) => zeroPadValue(address, 32).toLowerCase();

/** What is signed, by EIP-191. */
export function checkpointDigest(checkpoint: Checkpoint): string {
  const { domain, merkleTreeHook, root, index, messageId } = checkpoint;
  const about = solidityPackedKeccak256(
    ["uint32", "bytes32", "string"],
    [domain, word(merkleTreeHook), "HYPERLANE"],
  );
  return solidityPackedKeccak256(
    ["bytes32", "bytes32", "uint32", "bytes32"],
    [about, root, index, messageId],
  );
}

/** `checkpoint_<index>_with_id.json`. */
export function checkpointText(checkpoint: Checkpoint, signature: Signature): string {
  const { domain, merkleTreeHook, root, index, messageId } = checkpoint;
  const value = {
    checkpoint: {
      merkle_tree_hook_address: word(merkleTreeHook),
      mailbox_domain: domain,
      root,
      index,
    },
    message_id: messageId,
  };
  return signedText(value, signature);
}

export type Announcement = {
  validator: string;
  mailbox: string;
  domain: number;
  location: string;
};

export function announcementDigest({ domain, mailbox, location }: Announcement): string {
  const about = solidityPackedKeccak256(
    ["uint32", "bytes32", "string"],
    [domain, word(mailbox), "HYPERLANE_ANNOUNCEMENT"],
  );
  return solidityPackedKeccak256(["bytes32", "string"], [about, location]);
}

/** `announcement.json`. */
export function announcementText(announcement: Announcement, signature: Signature): string {
  const { validator, mailbox, domain, location } = announcement;
  const value = {
    validator: validator.toLowerCase(),
    mailbox_address: word(mailbox),
    mailbox_domain: domain,
    storage_location: location,
  };
  return signedText(value, signature);
}

/** Numbers of 256 bits have no leading zeros. */
function signedText(value: object, { r, s, v, serialized }: Signature): string {
  const signature = { r: toBeHexShort(r), s: toBeHexShort(s), v };
  return JSON.stringify({ value, signature, serialized_signature: serialized }, null, 2);
}

const toBeHexShort = (number: string) =>
  `0x${toBeHex(number)
    .slice(2)
    .replace(/^0+(?=.)/, "")}`;
