import { join } from "node:path";
import {
  type OriginalGraphNode,
  type OriginalGraphNodeOptions,
  startIpfs,
  startWorld,
} from "@playbook/world";
import { builtSubgraph, pinSubgraph, setNetwork } from "../../../products/live-subgraph.ts";
import { Api } from "./api.ts";
import { Emitter } from "./emitter.ts";

export const TOKEN = "let-me-deploy";

/** Farther from the head than what is called synced. */
export const BLOCKS = 30;

/** A chain with an emitter, an IPFS, a node that wants a token, and builds for it. */
export async function openStage<Node extends OriginalGraphNode>(
  start: (options: OriginalGraphNodeOptions) => Promise<Node>,
) {
  await using cleanup = new AsyncDisposableStack();
  const world = cleanup.use(await startWorld({ chains: [{ id: 10012, name: "alpha" }] }));
  const [chain] = world.chains;
  const ipfs = cleanup.use(await startIpfs());
  const emits = await new Emitter(chain.send).place();
  const from = { address: emits.address, startBlock: 0 };
  const build = await builtSubgraph(join(world.dir, "subgraph"), "alpha", {
    ...{ Nexus: from, Vortex: from },
  });
  const node = cleanup.use(await start({ ipfs, chain, token: TOKEN }));
  /** A build that nobody has deployed yet: it begins at another block. */
  const newBuild = async () => {
    await emits.sent(1n);
    await chain.mine(BLOCKS);
    const since = { address: emits.address, startBlock: (await chain.height()) - BLOCKS };
    await setNetwork(build, "alpha", { Nexus: since, Vortex: since });
    return pinSubgraph(build, ipfs.url);
  };
  const parts = cleanup.move();
  return {
    ...{ ipfs, node, emits, build, newBuild, dir: world.dir, height: chain.height },
    api: new Api(node, TOKEN),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
