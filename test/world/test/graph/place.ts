import { startGraphNode, startIpfs, startWorld } from "@playbook/world";
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

/** Where the real one is, when a person says so. */
const real = process.env.PLAYBOOK_REAL_GRAPH;

/** The modes that there is a node for. */
export const modes: Mode[] = real ? [readPlace(real).mode] : ["instant", "synced"];

/** The real node, or a stand-in in each of the modes. */
export async function openPlaces(parts: AsyncDisposableStack): Promise<Map<Mode, Place>> {
  if (real) return new Map([[readPlace(real).mode, readPlace(real)]]);
  const world = parts.use(await startWorld({ chains: [{ id: 10012, name: "alpha" }] }));
  const ipfs = parts.use(await startIpfs());
  const [chain] = world.chains;
  const places = new Map<Mode, Place>();
  for (const mode of modes) {
    const node = parts.use(await startGraphNode({ ipfs, chains: world.chains, mode }));
    const { adminUrl, statusUrl, queryUrl } = node;
    const at = { adminUrl, statusUrl, queryUrl };
    places.set(mode, { ...at, mode, network: "alpha", rpc: chain.url, ipfs: ipfs.url });
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
