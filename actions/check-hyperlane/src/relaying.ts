import { readFile } from "node:fs/promises";
import { ActionError, reason } from "@playbook/action";
import type { Address } from "@playbook/evm";
import { type Agents, readAgents } from "@playbook/hyperlane";
import { isSameRoute, nameOf, type Route } from "./journey.ts";

/** A relayer, and what it relays; null where nobody says it. */
export type Relaying = { address: Address; routes: Route[] | null };

/** Which routes there shall be, and who relays. */
export type Wanted = { routes: Route[]; relayers: Relaying[] };

/** Reads a list of agents. Throws `no-file`, and `bad-agents` for what is wrong with it. */
export async function readWanted(path: string, relayers: readonly Address[]): Promise<Wanted> {
  try {
    return wantedIn(readAgents(await readFile(path, "utf8"), path), relayers);
  } catch (error) {
    if (error instanceof ActionError) throw error;
    const next = "Correct the input `agents`, or store the file beside the registry.";
    const what = `${path} cannot be read.`;
    throw new ActionError("no-file", { what, why: reason(error), next }, { cause: error });
  }
}

/** What a list of agents says; where it has no relayers, whoever else relays. */
export function wantedIn({ relayers }: Agents, others: readonly Address[]): Wanted {
  const groups = Object.values(relayers);
  const listed = groups.flatMap(({ routes, instances }) =>
    instances.map(({ address }): Relaying => ({ address, routes })),
  );
  const routes = new Map(
    groups.flatMap((one) => one.routes.map((route) => [nameOf(route), route])),
  );
  return {
    routes: [...routes.values()],
    relayers: listed.length > 0 ? listed : anywhere(others),
  };
}

/** Those of whom it is not known what they relay: it may be any route. */
export function anywhere(relayers: readonly Address[]): Relaying[] {
  return relayers.map((address) => ({ address, routes: null }));
}

/** Who relays some of these routes. */
export function relayersOf(all: readonly Relaying[], some: readonly Route[]): Address[] {
  return all
    .filter(({ routes }) => some.some((one) => isServed(one, routes)))
    .map(({ address }) => address);
}

function isServed(route: Route, routes: Relaying["routes"]): boolean {
  return routes === null || routes.some((one) => isSameRoute(one, route));
}
