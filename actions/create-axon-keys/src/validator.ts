import {
  generateKeyPair,
  type Hex,
  type PublicHalf,
  publicHalfFrom,
  publicHalfOf,
} from "@playbook/axon";
import type { Wanted } from "./inputs.ts";
import { KINDS, type Kind, TITLES } from "./kind.ts";
import { type Guard, guardOf, policyFor } from "./policy.ts";
import { publicKeyIn, tagsOf } from "./tags.ts";
import type { Vault } from "./vault.ts";

/** Where the keys are, and who may take their policies away. */
export type Place = { vault: Vault; prefix: string; keepers: readonly string[] };

/** What is known of a key that is stored. */
export type Stored = {
  secret: string;
  publicKey: Hex;
  /** What it is encrypted with; undefined for the account's own key. */
  kmsKey: string | undefined;
  guard: Guard;
};

export type Keys = Partial<Record<Kind, Stored>>;

export function secretOf(prefix: string, { name }: Wanted, kind: Kind): string {
  return `${prefix}/${name}/${kind}`;
}

/** Those keys of a validator that are stored, as far as anybody may know them. */
export async function storedKeys(place: Place, wanted: Wanted): Promise<Keys> {
  const found = await Promise.all(
    KINDS.map(async (kind) => [kind, await storedKey(place, wanted, kind)] as const),
  );
  return Object.fromEntries(found.filter(([, stored]) => stored));
}

async function storedKey(place: Place, wanted: Wanted, kind: Kind): Promise<Stored | undefined> {
  const secret = secretOf(place.prefix, wanted, kind);
  const known = await place.vault.find(secret);
  if (!known) return undefined;
  const publicKey = publicKeyIn(known.tags, wanted.name, kind, secret);
  const guard = await guardFor(place, wanted, secret);
  return { secret, publicKey, kmsKey: known.kmsKey, guard };
}

async function guardFor({ vault, keepers }: Place, { roleArn }: Wanted, secret: string) {
  return guardOf(await vault.policy(secret), roleArn, keepers);
}

/**
 * Makes the keys of a validator that are missing, and closes all of them. Of two runs at once one
 * stores a key, and the other one takes over what was stored. Returns how many this run has made.
 */
export async function makeKeys(place: Place, wanted: Wanted, stored: Keys): Promise<number> {
  const missing = KINDS.filter((kind) => !stored[kind]);
  const made = missing.length > 0 ? await storeNew(place, wanted, missing) : 0;
  await Promise.all(KINDS.map((kind) => closeKey(place, wanted, kind)));
  return made;
}

async function storeNew({ vault, prefix }: Place, wanted: Wanted, kinds: Kind[]): Promise<number> {
  const pair = generateKeyPair();
  try {
    const { publicKey, blsPublicKey } = publicHalfOf(pair);
    const halves: Record<Kind, Hex> = { net: publicKey, bls: blsPublicKey };
    const stored = await Promise.all(
      kinds.map((kind) => {
        const description = `${TITLES[kind]} of Axon's validator ${wanted.name}, for its role alone`;
        const about = { description, tags: tagsOf(wanted.name, kind, halves[kind]) };
        return vault.create(secretOf(prefix, wanted, kind), about, pair[kind]);
      }),
    );
    return stored.filter(Boolean).length;
  } finally {
    pair.net.fill(0);
    pair.bls.fill(0);
  }
}

async function closeKey(place: Place, wanted: Wanted, kind: Kind): Promise<void> {
  const secret = secretOf(place.prefix, wanted, kind);
  const { is } = await guardFor(place, wanted, secret);
  if (is === "closed" || is === "kept") return;
  await place.vault.close(secret, policyFor(wanted.roleArn, place.keepers));
}

/** A validator as everybody may know it. */
export type Validator = PublicHalf & Wanted;

/** Of a validator whose keys are both there. */
export function validatorOf(wanted: Wanted, { net, bls }: Keys): Validator | undefined {
  if (!net || !bls) return undefined;
  return { ...wanted, ...publicHalfFrom(net.publicKey, bls.publicKey) };
}
