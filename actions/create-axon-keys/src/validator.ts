import {
  generateKeyPair,
  type Hex,
  type PublicHalf,
  publicHalfFrom,
  publicHalfOf,
} from "@playbook/axon";
import type { Wanted } from "./inputs.ts";
import { KINDS, type Kind, TITLES } from "./kind.ts";
import { publicKeyIn, tagsOf } from "./tags.ts";
import type { Vault } from "./vault.ts";

/** Where the keys are. */
export type Place = { vault: Vault; prefix: string };

export type Keys = Partial<Record<Kind, Hex>>;

export function secretOf(prefix: string, { name }: Wanted, kind: Kind): string {
  return `${prefix}/${name}/${kind}`;
}

/** The public halves of those keys of a validator that are stored. */
export async function storedKeys({ vault, prefix }: Place, wanted: Wanted): Promise<Keys> {
  const found = await Promise.all(
    KINDS.map(async (kind) => {
      const secret = secretOf(prefix, wanted, kind);
      const known = await vault.find(secret);
      return [kind, known && publicKeyIn(known.tags, wanted.name, kind, secret)] as const;
    }),
  );
  return Object.fromEntries(found.filter(([, publicKey]) => publicKey));
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

async function closeKey({ vault, prefix }: Place, wanted: Wanted, kind: Kind): Promise<void> {
  const secret = secretOf(prefix, wanted, kind);
  if (!(await vault.isClosed(secret, wanted.roleArn))) await vault.close(secret, wanted.roleArn);
}

/** A validator as everybody may know it. */
export type Validator = PublicHalf & Wanted;

/** Of a validator whose keys are both there. */
export function validatorOf(wanted: Wanted, { net, bls }: Keys): Validator | undefined {
  return net && bls ? { ...wanted, ...publicHalfFrom(net, bls) } : undefined;
}
