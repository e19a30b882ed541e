/** The two keys of a validator: its name in the network, and what it votes with. */
export const KINDS = ["net", "bls"] as const;

export type Kind = (typeof KINDS)[number];

/** What a key is called where people read it. */
export const TITLES: Record<Kind, string> = { net: "network key", bls: "BLS key" };
