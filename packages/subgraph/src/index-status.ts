import { z } from "zod";
import type { Status } from "./status.ts";

const blockNumber = z.object({ number: z.coerce.number() }).nullish();

/** graph-node writes these hashes without `0x`. */
const pointer = z.object({
  number: z.coerce.number(),
  hash: z.string().transform((hash) => (hash.startsWith("0x") ? hash : `0x${hash}`)),
});

const failure = z.object({
  message: z.string(),
  block: blockNumber,
  handler: z.string().nullish(),
  deterministic: z.boolean().default(true),
});

const status = z.object({
  synced: z.boolean(),
  health: z.enum(["healthy", "unhealthy", "failed"]),
  fatalError: failure.nullish(),
  nonFatalErrors: z.array(failure).default([]),
  chains: z.array(z.object({ chainHeadBlock: blockNumber, latestBlock: pointer.nullish() })),
  entityCount: z.coerce.string().nullish(),
  paused: z.boolean().nullish(),
});

/** The deployment of a name's version. */
export const version = z.object({ subgraph: z.string() }).nullish();

/** What `LOOK` asks for. */
export const look = z.object({
  deployment: z.array(status),
  staged: version,
  stagedNext: version,
  live: z
    .object({
      subgraph: z.string(),
      chains: z.array(z.object({ latestBlock: pointer.nullish() })),
    })
    .nullish(),
});

export const LOOK = `query ($deployments: [String!]!, $own: String!, $name: String!) {
  deployment: indexingStatuses(subgraphs: $deployments) {
    synced
    health
    fatalError { message block { number } handler deterministic }
    nonFatalErrors { message block { number } handler deterministic }
    chains { chainHeadBlock { number } latestBlock { number hash } }
    entityCount
    paused
  }
  staged: indexingStatusForCurrentVersion(subgraphName: $own) { subgraph }
  stagedNext: indexingStatusForPendingVersion(subgraphName: $own) { subgraph }
  live: indexingStatusForCurrentVersion(subgraphName: $name) {
    subgraph
    chains { latestBlock { number hash } }
  }
}`;

/** Of all its chains, the one that is furthest behind. */
export function statusOf(found: z.output<typeof status> | undefined): Status | null {
  if (!found) return null;
  const { chains, fatalError, nonFatalErrors, entityCount, paused, ...rest } = found;
  const places = chains.map(({ chainHeadBlock, latestBlock }) => ({
    block: latestBlock?.number ?? null,
    at: latestBlock ?? null,
    head: chainHeadBlock?.number ?? null,
  }));
  const behind = ({ block, head }: Pick<Status, "block" | "head">) =>
    block === null || head === null ? Number.POSITIVE_INFINITY : head - block;
  const [furthest = { block: null, at: null, head: null }] = places.sort(
    (a, b) => behind(b) - behind(a),
  );
  return {
    ...{ ...rest, ...furthest },
    fatalError: fatalError ? faultOf(fatalError) : null,
    nonFatalErrors: nonFatalErrors.map(faultOf),
    entities: entityCount ?? null,
    paused: paused ?? false,
  };
}

function faultOf({ message, block, handler, deterministic }: z.output<typeof failure>) {
  return { message, block: block?.number ?? null, handler: handler ?? null, deterministic };
}
