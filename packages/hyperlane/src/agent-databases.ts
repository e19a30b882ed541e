import { createHash } from "node:crypto";
import type { AgentRelease } from "./agent-releases.ts";

/** The chart's values, as far as they say what is in a database. */
type Told = {
  database?: string;
  chains?: Record<string, { mailbox?: string; merkleTreeHook?: string }>;
  validator?: { originChain?: string };
  relayer?: { routes?: { origin: string }[] };
};

/**
 * Each with the folder of its database. Agents keep what they have read under its number, and pass
 * over what has that number in contracts that were deployed anew: a validator would find a wrong
 * root. Those want an empty one. A database goes on for as long as all is there that it was made
 * of: more origins may be added. `recorded` are the values of what is installed, by the release's
 * name.
 */
export function withDatabases(
  wanted: readonly AgentRelease[],
  recorded: ReadonlyMap<string, object>,
): AgentRelease[] {
  return wanted.map((one) => {
    const database = databaseOf(one.values, recorded.get(one.name));
    return { ...one, values: { ...one.values, database } };
  });
}

function databaseOf(wanted: Told, before: Told | undefined): string {
  const contracts = contractsOf(wanted);
  const { database = "" } = before ?? {};
  const isSame = ([origin, own]: [string, string]) => contracts.get(origin) === own;
  if (before && [...contractsOf(before)].every(isSame)) return database;
  const made = JSON.stringify([database, ...contracts]);
  return createHash("sha256").update(made).digest("hex").slice(0, 12);
}

/** Of each chain whose messages an agent reads, those that number them. */
function contractsOf({ chains, validator, relayer }: Told): Map<string, string> {
  const routes = relayer?.routes?.map(({ origin }) => origin) ?? [];
  const origins = [...new Set([validator?.originChain ?? [], routes].flat())].filter(Boolean);
  return new Map(
    origins.sort().map((origin) => {
      const { mailbox = "", merkleTreeHook = "" } = chains?.[origin] ?? {};
      return [origin, `${mailbox} ${merkleTreeHook}`.toLowerCase()];
    }),
  );
}
