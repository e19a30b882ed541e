import { ActionError, reason } from "@playbook/action";
import { type Address, address } from "@playbook/evm";
import { parse, stringify } from "yaml";
import { LISTED } from "./listed.ts";
import type { Addresses } from "./model.ts";

/**
 * Reads `chains/<name>/addresses.yaml` of a registry. What is not looked for there, and is no
 * address of this kind of chain, is left out. Throws `bad-registry` for what is no mapping, and for
 * a contract whose address is none: it would be deployed a second time.
 */
export function readAddresses(text: string, source: string): Addresses {
  const entries = Object.entries(mappingIn(text, source)).flatMap(
    ([name, one]): [string, Address][] => {
      const read = address.safeParse(one);
      if (read.success) return [[name, read.data]];
      if (name in LISTED) throw badRegistry(source, flawOf(name, one));
      return [];
    },
  );
  return Object.fromEntries(entries);
}

function flawOf(name: string, value: unknown): string {
  if (value === null || value === "") {
    return `${name} is empty: take the line out if there is none.`;
  }
  if (typeof value === "number") return `${name} is a number to YAML: quote the address.`;
  return `${name} is no address: "${value}" is not 0x and 40 hex digits with a right checksum.`;
}

/** Whether a registry's file says that Hyperlane is on a chain, of whatever kind that is. */
export function hasMailbox(text: string, source: string): boolean {
  return Boolean(mappingIn(text, source).mailbox);
}

/** What a registry's file has by name; nothing where it is empty. Throws `bad-registry`. */
export function mappingIn(text: string, source: string): Record<string, unknown> {
  const value = parseYaml(text, source) ?? {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badRegistry(source, "It is no mapping of names to values.");
}

/** The same file's text, in the order of the names. */
export function addressesText(addresses: Addresses): string {
  const entries = Object.entries(addresses).filter(([, one]) => one !== undefined);
  return stringify(Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw badRegistry(source, reason(error));
  }
}

export function badRegistry(source: string, why: string): ActionError {
  return new ActionError("bad-registry", {
    what: `The registry's file ${source} cannot be used.`,
    why,
    next: "Correct it, or restore it from the registry's history.",
  });
}
