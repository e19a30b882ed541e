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
export type Place = { address: string; startBlock: number };

type Asked = {
  manifest: Deployments;
  chain: string;
  /** Data sources of the subgraph, with what their network file says of each, if it does. */
  sources: { name: string; known: Place | undefined }[];
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
  const places = sources.map(({ name, known: own }): [string, Place] => {
    const wanted = called.find(({ source }) => source === name);
    const { contract: contractName, nth } = wanted ?? { contract: name, nth: 0 };
    const found = standing.filter((one) => one.name === contractName).at(nth - 1);
    if (found) return [name, { address: found.address, startBlock: found.block }];
    if (own && !wanted) return [name, own];
    throw unknown(name, contractName, chain, standing);
  });
  return Object.fromEntries(places);
}

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
    next: `Name the contract: \`sources: ${source}=Contract\`; a proxy is called by its own name.`,
  });
}

function strayed({ source }: Source, sources: { name: string }[]): ActionError {
  return new ActionError("source-unknown", {
    what: `"sources" names ${source}, which the subgraph does not have.`,
    why: `Its data sources are ${sources.map(({ name }) => name).join(", ")}.`,
    next: "Correct the line: it is source=contract.",
  });
}
