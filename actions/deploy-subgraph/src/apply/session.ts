import type { Context } from "@playbook/action";
import {
  type Build,
  Chain,
  deploymentOf,
  GraphNode,
  Ipfs,
  type NodeUrls,
  ownName,
  readBuild,
} from "@playbook/subgraph";
import { ReleaseLog } from "./log.ts";
import type { Release } from "./releases.ts";
import { openState, type Reach } from "./state.ts";

export type Inputs = Reach &
  NodeUrls & {
    repository: string;
    environment: string;
    name: string;
    release: string;
    /** Folder of the build, and the digest that it has to have. */
    folder: string;
    digest?: string | undefined;
    ipfs: string;
    /** What that API demands, if it does. */
    ipfsToken?: string | undefined;
    /** The chain's own RPC, which tells whether what is indexed is still there. */
    rpcUrl?: string | undefined;
    lag: number;
    /** Milliseconds. */
    wait: number;
    deadline: number;
    keep: number;
    rollback: boolean;
    /** Which run it is, for whoever reads what it stored. */
    run: string;
  };

/** All that the steps of a run share. */
export type Session = {
  inputs: Inputs;
  build: Build;
  own: Release;
  /** The release's own name on the node. */
  ownName: string;
  node: GraphNode;
  ipfs: Ipfs;
  chain: Chain | undefined;
  log: ReleaseLog;
  context: Context;
};

/** Reads the build and reaches for all that a run needs. */
export async function open(inputs: Inputs, context: Context): Promise<Session> {
  const { folder, digest, name, release, run } = inputs;
  const build = await readBuild(folder, digest);
  const store = await openState(inputs, context);
  const own = { release, order: build.order, deployment: deploymentOf(build.uploads) };
  return {
    ...{ inputs, build, own, ownName: ownName(name, release), context },
    node: new GraphNode(inputs, context),
    ipfs: new Ipfs(inputs.ipfs, context, inputs.ipfsToken),
    chain: inputs.rpcUrl ? new Chain(inputs.rpcUrl, context) : undefined,
    log: new ReleaseLog(store, inputs, run),
  };
}
