import { ActionError, reason } from "@playbook/action";
import { type Address, address } from "@playbook/evm";
import { parse, stringify } from "yaml";
import type { Addresses } from "./model.ts";

/**
 * Reads `chains/<name>/addresses.yaml` of a registry. What is no address of this kind of chain is
 * left out. Throws `bad-registry` for what is no mapping.
 */
export function readAddresses(text: string, source: string): Addresses {
  const value = parseYaml(text, source);
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw badRegistry(source, "It is no mapping of names to addresses.");
  }
  const entries = Object.entries(value).flatMap(([name, one]): [string, Address][] => {
    const read = address.safeParse(one);
    return read.success ? [[name, read.data]] : [];
  });
  return Object.fromEntries(entries);
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

function badRegistry(source: string, why: string): ActionError {
  return new ActionError("bad-registry", {
    what: `The registry's file ${source} cannot be read.`,
    why,
    next: "Restore it from the registry's history, or write names and addresses as YAML.",
  });
}
