import { parseArgs } from "node:util";
import type { BlockPointer } from "./chain-client.ts";
import { rewindTo } from "./indexer.ts";
import { REORG_THRESHOLD } from "./ingestor.ts";
import type { Deployment, NodeState } from "./state.ts";

/** What graphman does to a node's database; its arguments are manager.rs's. */
export function graphman(state: NodeState, [command, ...args]: string[]): void {
  if (command === "rewind") rewind(state, args);
  else if (command === "chain" && args[0] === "truncate") truncate(state, args.slice(1));
  else throw new Error(`the stand-in does not know graphman ${[command, ...args].join(" ")}`);
}

/** Only the blocks go: the head stays what it was. */
function truncate({ chains }: NodeState, args: string[]): void {
  const options = { force: { type: "boolean", short: "f" } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (!values.force) throw new Error("This will delete all cached blocks. Proceed? [y/N]");
  for (const name of positionals) {
    const chain = chains.get(name);
    if (!chain) throw new Error(`unknown chain: ${name}`);
    chain.blocks.clear();
  }
}

/** As rewind.rs does it: it is safe only so far after the deployment's first block. */
function rewind(state: NodeState, args: string[]): void {
  const options = {
    force: { type: "boolean", short: "f" },
    sleep: { type: "string", short: "s" },
    "block-hash": { type: "string", short: "H" },
    "block-number": { type: "string", short: "n" },
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const to = { number: Number(values["block-number"]), hash: values["block-hash"] ?? "" };
  const deployments = positionals.map((hash) => {
    const deployment = state.deployments.get(hash);
    if (!deployment) throw new Error(`No deployments found for ${hash}`);
    return deployment;
  });
  for (const deployment of deployments) {
    if (!values.force) assertKnown(state, deployment, to);
    const least = deployment.earliest + REORG_THRESHOLD;
    if (to.number >= least) continue;
    const what = `The block number ${to.number} is not safe to rewind to`;
    throw new Error(`${what}. You can only safely rewind to block number ${least}`);
  }
  for (const deployment of deployments) {
    rewindTo(deployment, to);
    deployment.failure = undefined;
  }
}

function assertKnown({ chains }: NodeState, { network }: Deployment, { hash }: BlockPointer): void {
  if (chains.get(network)?.blocks.has(hash)) return;
  throw new Error(`the chain ${network} does not have a block with hash ${hash}`);
}

const FORGET_HEAD =
  /^UPDATE ethereum_networks SET head_block_hash = NULL, head_block_number = NULL, head_block_cursor = NULL WHERE name = '(\w+)';?$/;

/** The one statement to the node's database that the stand-in knows. */
export function psql({ chains }: NodeState, statement: string): void {
  const [, name] = FORGET_HEAD.exec(statement) ?? [];
  const chain = chains.get(name ?? "");
  if (!chain) throw new Error(`the stand-in for graph-node's database does not know: ${statement}`);
  chain.head = undefined;
}
