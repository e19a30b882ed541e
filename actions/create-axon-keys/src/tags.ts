import { ActionError } from "@playbook/action";
import { type Hex, isBlsPublicKey, isPublicKey } from "@playbook/axon";
import { type Kind, TITLES } from "./kind.ts";

/** Whose key it is, and its public half: written with the key, at once and for good. */
const OWNER = "axon-validator";

const PUBLIC_HALF: Record<Kind, string> = { net: "axon-public-key", bls: "axon-bls-public-key" };

export type Tag = { Key?: string | undefined; Value?: string | undefined };

export function tagsOf(validator: string, kind: Kind, publicKey: Hex): Tag[] {
  return [
    { Key: OWNER, Value: validator },
    { Key: PUBLIC_HALF[kind], Value: publicKey },
  ];
}

/**
 * The public half of a key that is stored. Throws `foreign-secret` for one that was not stored by
 * this action, or whose tags somebody has changed into no key of this validator's.
 */
export function publicKeyIn(tags: Tag[], validator: string, kind: Kind, secret: string): Hex {
  const value = (key: string) => tags.find(({ Key }) => Key === key)?.Value ?? "";
  const publicKey = value(PUBLIC_HALF[kind]);
  const isKey = kind === "net" ? isPublicKey : isBlsPublicKey;
  const isOurs = value(OWNER) === validator && /^0x[0-9a-f]+$/.test(publicKey);
  if (isOurs && isKey(publicKey as Hex)) return publicKey as Hex;
  throw new ActionError("foreign-secret", {
    what: `${secret} does not say which ${TITLES[kind]} of ${validator} it holds.`,
    why:
      `Its tags ${OWNER} and ${PUBLIC_HALF[kind]} are those of ` +
      "a key that this action has stored.",
    next:
      "Give another `prefix`, or tag it with the public half, if it " +
      `is a ${TITLES[kind]} of ${validator}.`,
  });
}
