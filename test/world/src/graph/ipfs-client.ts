import type { Cat } from "./manifest.ts";

const PATIENCE_MS = 10_000;

/** Reads files through an IPFS node's API, as graph-node does. */
export function ipfsClient(url: string): Cat {
  return async (cid) => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(`${url}/api/v0/cat?arg=${cid}`, { method: "POST", signal });
    if (response.ok) return Buffer.from(await response.arrayBuffer());
    throw new Error(`IPFS has no file ${cid}: ${await response.text()}`);
  };
}
