import { ActionError } from "@playbook/action";
import { type Hex, isBlsPublicKey, isPublicKey, type Member } from "@playbook/axon";
import { z } from "zod";
import { halfRotated } from "./members.ts";

const weight = z.int().min(1).max(1_000_000);

const key = (isKey: (hex: Hex) => boolean, what: string) =>
  z
    .string()
    .regex(/^0x[0-9a-fA-F]+$/, `has to be ${what}.`)
    .transform((digits) => digits.toLowerCase() as Hex)
    .refine(isKey, `has to be ${what}.`);

/**
 * As create-axon-keys gives them out and the chart takes them; what else they say is of no matter.
 */
const validator = z.object({
  name: z.string().default(""),
  publicKey: key(isPublicKey, "a point of secp256k1, in 33 bytes"),
  blsPublicKey: key(isBlsPublicKey, "a point of G1 of BLS12-381, in 48 bytes"),
  proposeWeight: weight.default(1),
  voteWeight: weight.default(1),
});

/** A validator that there is to be, and what people call it. */
export type Wanted = Member & { name: string };

/**
 * The set that there is to be, as JSON. A key that is no point of its curve would stop the chain at
 * once: Axon takes it, and no node can go on from that block.
 */
export const wantedSet = z.string().transform((text, context): Wanted[] => {
  const read = z.array(validator).min(1).safeParse(parsed(text));
  if (!read.success) {
    for (const { path, message } of read.error.issues) {
      context.addIssue(`${path.join(".") || "The list"}: ${message}`);
    }
    return z.NEVER;
  }
  for (const field of ["publicKey", "blsPublicKey"] as const) {
    const keys = read.data.map((one) => one[field]);
    const twice = keys.find((one, at) => keys.indexOf(one) < at);
    if (twice) context.addIssue(`${twice} is there twice: two validators would share a key.`);
  }
  return read.data.map((one) => ({
    name: one.name,
    pub_key: one.publicKey,
    bls_pub_key: one.blsPublicKey,
    propose_weight: one.proposeWeight,
    vote_weight: one.voteWeight,
  }));
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Judges a wanted set by itself and by the one there is. Throws `too-few-validators`,
 * `half-rotated`.
 */
export function checkWanted(
  wanted: readonly Member[],
  now: readonly Member[],
  fewest: number,
): void {
  if (wanted.length < fewest) {
    throw new ActionError("too-few-validators", {
      what: `${wanted.length} validators are wanted, and ${fewest} are the fewest.`,
      why: "Of four, none may fail while another one is upgraded.",
      next: 'Add some, or lower "min-validators" and know what it means.',
    });
  }
  const [half] = halfRotated(now, wanted);
  if (!half) return;
  throw new ActionError("half-rotated", {
    what:
      `${half.slice(0, 12)}… has one key of a validator that ` +
      "there is, and another one beside it.",
    why:
      "A node has both keys of one validator. With one of " +
      "them it would vote and not be counted.",
    next: "Rotate both: make a new pair under a new name, take it in, and take the old one out.",
  });
}
