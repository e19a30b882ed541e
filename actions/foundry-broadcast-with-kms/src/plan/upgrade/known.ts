import { ActionError, reason } from "@playbook/action";
import type { Address } from "@playbook/evm";
import { canonical } from "@playbook/state";
import { z } from "zod";
import type { Layout } from "./layout.ts";

const known = z.object({
  chain: z.string(),
  chainId: z.number(),
  genesis: z.string(),
  address: z.string(),
  /** `src/Vault.sol:Vault`, in the commit that it was built from. */
  contract: z.string(),
  layout: z.custom<Layout>((value) => typeof value === "object" && value !== null),
});

/** An implementation that stands behind a proxy or was meant to, with what it keeps where. */
export type Known = z.output<typeof known>;

const file = z.object({
  format: z.literal("playbook.layouts"),
  version: z.literal(1),
  implementations: z.array(known),
});

/** Throws `layouts-unreadable`. */
export function readKnown(text: string, path: string): Known[] {
  try {
    return file.parse(JSON.parse(text)).implementations;
  } catch (error) {
    throw new ActionError(
      "layouts-unreadable",
      {
        what: `${path} cannot be read.`,
        why: `It is to hold the storage layouts of the implementations in use: ${reason(error)}`,
        next: "Restore it from the last release, or name another file in `layouts`.",
      },
      { cause: error },
    );
  }
}

/** The file with what a release adds; an address that is there already keeps its place. */
export function knownText(old: Known[], added: Known[]): string {
  const all = new Map([...old, ...added].map((one) => [keyOf(one), one]));
  const value = { format: "playbook.layouts", version: 1, implementations: [...all.values()] };
  return `${JSON.stringify(JSON.parse(canonical(value)), null, 1)}\n`;
}

type Place = { chainId: number; genesis: string };

export function findKnown(all: Known[], { chainId, genesis }: Place, address: Address) {
  return all.find((one) => keyOf(one) === keyOf({ chainId, genesis, address }));
}

function keyOf({ chainId, genesis, address }: Pick<Known, "chainId" | "genesis" | "address">) {
  return [chainId, genesis, address].join(" ").toLowerCase();
}
