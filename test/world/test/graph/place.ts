import { startGraphNode, startIpfs, startOriginalGraphNode, startWorld } from "@playbook/world";
import type { Addresses } from "./api.ts";

export type Mode = "instant" | "synced";

/** A graph-node, and the chain and IPFS that it reads. */
export type Place = Addresses & {
  mode: Mode;
  /** What it calls the chain. */
  network: string;
  rpc: string;
  ipfs: string;
  token?: string;
};

/** A node that the suites hold for. */
export type Kind = { who: string; mode: Mode };

/** Where a node is that a person has started. */
const told = process.env.PLAYBOOK_REAL_GRAPH;

/** Each in a mode, on one chain. */
export const starts: Record<string, typeof startOriginalGraphNode> = {
  "the stand-in": ({ chain, ...options }) => startGraphNode({ ...options, chains: [chain] }),
  "graph-node itself": startOriginalGraphNode,
};

export const kinds: Kind[] = told
  ? [{ who: "the node that is told", mode: readPlace(told).mode }]
  : Object.keys(starts).flatMap((who) => [
      { who, mode: "instant" as Mode },
      { who, mode: "synced" as Mode },
    ]);

/** The node that is told, or those of the world in each of the modes. */
export async function openPlaces(parts: AsyncDisposableStack): Promise<Map<Kind, Place>> {
  if (told) return new Map(kinds.map((kind) => [kind, readPlace(told)]));
  const world = parts.use(await startWorld({ chains: [{ id: 10012, name: "alpha" }] }));
  const ipfs = parts.use(await startIpfs());
  const [chain] = world.chains;
  const places = new Map<Kind, Place>();
  for (const kind of kinds) {
    const { who, mode } = kind;
    const start = starts[who] as typeof startOriginalGraphNode;
    const node = parts.use(await start({ ipfs, chain, mode }));
    const { adminUrl, statusUrl, queryUrl } = node;
    const at = { adminUrl, statusUrl, queryUrl };
    places.set(kind, { ...at, mode, network: "alpha", rpc: chain.url, ipfs: ipfs.url });
  }
  return places;
}

function readPlace(text: string): Place {
  const asked = new URLSearchParams(text);
  const of = (name: string) => asked.get(name) ?? "";
  return {
    mode: of("mode") as Mode,
    network: of("network"),
    rpc: of("rpc"),
    ipfs: of("ipfs"),
    adminUrl: of("admin"),
    statusUrl: of("status"),
    queryUrl: of("queries"),
    ...(asked.has("token") && { token: of("token") }),
  };
}
