import { buildSchema, graphql } from "graphql";
import type { BlockPointer } from "./chain-client.ts";
import { countEntities } from "./entities.ts";
import type { Reply, Request } from "./query.ts";
import type { Deployment, NodeState } from "./state.ts";

const HISTORY = 2_147_483_647;

const schema = buildSchema(`
scalar BigInt
scalar Bytes
enum Health { healthy unhealthy failed }
type Query {
  indexingStatusForCurrentVersion(subgraphName: String!): SubgraphIndexingStatus
  indexingStatusForPendingVersion(subgraphName: String!): SubgraphIndexingStatus
  indexingStatusesForSubgraphName(subgraphName: String!): [SubgraphIndexingStatus!]!
  indexingStatuses(subgraphs: [String!]): [SubgraphIndexingStatus!]!
  version: Version!
}
type Version { version: String!, commit: String! }
type SubgraphIndexingStatus {
  subgraph: String!
  synced: Boolean!
  health: Health!
  fatalError: SubgraphError
  nonFatalErrors: [SubgraphError!]!
  chains: [ChainIndexingStatus!]!
  entityCount: BigInt!
  node: String
  paused: Boolean
  historyBlocks: Int!
}
interface ChainIndexingStatus {
  network: String!
  chainHeadBlock: Block
  earliestBlock: EarliestBlock
  latestBlock: Block
  lastHealthyBlock: Block
}
type EthereumIndexingStatus implements ChainIndexingStatus {
  network: String!
  chainHeadBlock: Block
  earliestBlock: EarliestBlock
  latestBlock: Block
  lastHealthyBlock: Block
}
type Block { hash: Bytes!, number: BigInt! }
type EarliestBlock { hash: Bytes!, number: BigInt! }
type SubgraphError { message: String!, block: Block, handler: String, deterministic: Boolean! }
`);

/** Answers a query to the index node. */
export async function answerStatus(state: NodeState, asked: Request): Promise<Reply> {
  const { query: source, variables: variableValues, operationName } = asked;
  const rootValue = rootOf(state);
  const { data, errors } = await graphql({
    schema,
    source,
    variableValues,
    operationName,
    rootValue,
  });
  return errors ? { errors: errors.map(({ message }) => ({ message })) } : { data };
}

function rootOf({ names, deployments, chains }: NodeState) {
  type Named = { subgraphName: string };
  const statuses = (hashes: (string | undefined)[]) =>
    hashes.flatMap((hash) => {
      const deployment = deployments.get(hash ?? "");
      return deployment ? [statusOf(deployment, chains)] : [];
    });
  const one = (hash: string | undefined) => statuses([hash])[0] ?? null;
  return {
    version: { version: "0.44.0", commit: "a stand-in" },
    indexingStatusForCurrentVersion: ({ subgraphName }: Named) =>
      one(names.get(subgraphName)?.current),
    indexingStatusForPendingVersion: ({ subgraphName }: Named) =>
      one(names.get(subgraphName)?.pending),
    indexingStatusesForSubgraphName: ({ subgraphName }: Named) =>
      statuses(names.get(subgraphName)?.versions ?? []),
    // graph-node takes none for all.
    indexingStatuses: ({ subgraphs = [] }: { subgraphs?: string[] }) =>
      statuses(subgraphs.length > 0 ? subgraphs : [...deployments.keys()]),
  };
}

function statusOf(deployment: Deployment, chains: NodeState["chains"]) {
  const { hash, network, node, paused, synced, failure, earliest, latest } = deployment;
  return {
    subgraph: hash,
    synced,
    health: failure ? "failed" : "healthy",
    fatalError: failure && {
      message: failure.message,
      block: { number: String(failure.block.number), hash: failure.block.hash },
      // graph-node names it in the message alone.
      handler: null,
      deterministic: failure.deterministic,
    },
    nonFatalErrors: [],
    chains: [
      {
        __typename: "EthereumIndexingStatus",
        network,
        chainHeadBlock: written(chains.get(network)?.head),
        earliestBlock: { number: String(earliest), hash: "0x0" },
        latestBlock: written(latest),
        lastHealthyBlock: null,
      },
    ],
    entityCount: String(countEntities(deployment.entities)),
    node: node ?? null,
    paused: node ? paused : null,
    historyBlocks: HISTORY,
  };
}

/** Without `0x`: so does graph-node here, and nowhere else. */
function written(pointer: BlockPointer | undefined) {
  return pointer ? { number: String(pointer.number), hash: pointer.hash.slice(2) } : null;
}
