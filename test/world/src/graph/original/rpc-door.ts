import { setTimeout as sleep } from "node:timers/promises";
import { type Asked, passOn, serve } from "../serve.ts";

type Call = { method?: string; params?: unknown[] };

export type RpcDoor = AsyncDisposable & {
  readonly url: string;
  /** Lets logs of so many blocks a second be read, none with 0, all with nothing. */
  slow(blocksPerSecond: number | undefined): void;
};

/** How often a request that is held looks whether it may go on. */
const LOOK_MS = 20;

/** Stands between a node and its chain. */
export async function openRpcDoor(chain: string): Promise<RpcDoor> {
  let speed = Number.POSITIVE_INFINITY;
  const held = async (blocks: number) => {
    for (let left = blocks; left > 0; left -= (speed * LOOK_MS) / 1000) await sleep(LOOK_MS);
  };
  const answer = async ({ body }: Asked) => {
    const calls = (Array.isArray(body) ? body : [body]) as Call[];
    await held(calls.reduce((sum, call) => sum + blocksOf(call), 0));
    return passOn(chain, body);
  };
  const served = await serve(0, answer);
  return {
    url: `http://127.0.0.1:${served.port}`,
    slow: (blocksPerSecond = Number.POSITIVE_INFINITY) => {
      speed = blocksPerSecond;
    },
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

/** How many blocks' logs are asked for. */
function blocksOf({ method, params: [filter] = [] }: Call): number {
  if (method !== "eth_getLogs") return 0;
  const { fromBlock, toBlock } = (filter ?? {}) as { fromBlock?: string; toBlock?: string };
  return Number(toBlock) - Number(fromBlock) + 1 || 0;
}
