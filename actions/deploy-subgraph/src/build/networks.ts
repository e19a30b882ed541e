import { ActionError } from "@playbook/action";
import { z } from "zod";
import type { Source } from "../inputs.ts";

/**
 * graph-cli's file of addresses in a project. Where it is resolved it has to come from another
 * module: the bundler takes a path that it can compute for an asset of ours.
 */
export const NETWORKS = "networks.json";

const contract = z.object({
  name: z.string().nullable(),
  address: z.string(),
  block: z.number(),
  left: z.string().optional(),
});

/** Of the deployments manifest that release-contracts wrote, what a subgraph needs to know. */
export const deployments = z.object({
  chains: z.record(z.string(), z.object({ contracts: z.array(contract) })),
});

export type Deployments = z.output<typeof deployments>;

/**
 * What graph-cli puts into a data source: a `networks.json` has one for each network and source.
 */
export type Place = { address?: string; startBlock?: number; endBlock?: number };

/** A data source of the subgraph, and what the project's network file says of it, if it does. */
export type Declared = {
  name: string;
  kind?: string | undefined;
  source?: Place | undefined;
  known?: Place | undefined;
};

type Asked = {
  manifest: Deployments;
  chain: string;
  sources: Declared[];
  /** Those whose contracts are called otherwise. */
  called: Source[];
};

/**
 * Addresses and start blocks of the data sources, from the contracts that stand on a chain; of one
 * that the manifest does not have, as the project knows it. Throws `chain-unknown`,
 * `contract-unknown`.
 */
export function placesOf({ manifest, chain, sources, called }: Asked): Record<string, Place> {
  const known = manifest.chains[chain];
  if (!known) {
    throw new ActionError("chain-unknown", {
      what: `The deployments manifest has no chain "${chain}".`,
      why: `It has ${Object.keys(manifest.chains).join(", ") || "none"}.`,
      next: "Correct the input `chain`: it is the name that the contracts were released with.",
    });
  }
  const stray = called.find(({ source }) => sources.every(({ name }) => name !== source));
  if (stray) throw strayed(stray, sources);

  const standing = known.contracts.filter(({ left }) => left === undefined);
  const places = sources.map((source): [string, Place] => {
    const wanted = called.find((one) => one.source === source.name);
    return [source.name, placeOf(source, wanted, { chain, standing })];
  });
  return Object.fromEntries(places);
}

type There = { chain: string; standing: z.output<typeof contract>[] };

function placeOf(
  { name, kind, source, known }: Declared,
  wanted: Source | undefined,
  { chain, standing }: There,
): Place {
  // Another subgraph, which is no contract of anybody's.
  if (kind === "subgraph") return { ...placeIn(source ?? {}), ...known };
  const { contract: contractName, nth } = wanted ?? { contract: name, nth: 0 };
  const found = standing.filter((one) => one.name === contractName).at(nth - 1);
  // graph-cli takes what it is given for all that there is.
  const ends = placeIn({ endBlock: known?.endBlock ?? source?.endBlock });
  if (found) return { address: found.address, startBlock: found.block, ...ends };
  if (known && !wanted) return known;
  throw unknown(name, contractName, chain, standing);
}

/** Without the name of the ABI, which graph-cli keeps by itself. */
function placeIn({ address, startBlock, endBlock }: Loose): Place {
  const given = Object.entries({ address, startBlock, endBlock });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

type Loose = { [Key in keyof Place]?: Place[Key] | undefined };

function unknown(
  source: string,
  name: string,
  chain: string,
  standing: { name: string | null }[],
): ActionError {
  const names = [...new Set(standing.flatMap((one) => one.name ?? []))];
  return new ActionError("contract-unknown", {
    what: `No contract "${name}" stands on ${chain} for the data source ${source}.`,
    why: `There are ${names.join(", ") || "none"}.`,
    next:
      `Name it (\`sources: ${source}=Contract\`; a proxy by its own ` +
      "name), or place it in networks.json.",
  });
}

function strayed({ source }: Source, sources: { name: string }[]): ActionError {
  return new ActionError("source-unknown", {
    what: `"sources" names ${source}, which the subgraph does not have.`,
    why: `Its data sources are ${sources.map(({ name }) => name).join(", ")}.`,
    next: "Correct the line: it is source=contract.",
  });
}
