import type { RelayedChain } from "./agent-settings.ts";
import type { Metrics } from "./metrics.ts";

const PATIENCE_MS = 10_000;

export type RelayerOptions = {
  chains: RelayedChain[];
  metrics: Metrics;
  say(message: string): void;
};

/**
 * Asks each chain which one it is, as the real one does for its contracts. One that does not answer
 * is asked no more; its metric tells.
 */
export async function startRelayer({ chains, metrics, say }: RelayerOptions): Promise<void> {
  await Promise.all(
    chains.map(async ({ name, urls }) => {
      const isLost = !(await anyAnswers(urls));
      metrics.set("critical_error", { chain: name }, Number(isLost));
      if (isLost) say(`Critical error when building chain as destination: ${name}`);
    }),
  );
  say("this relayer relays nothing");
}

function anyAnswers(urls: readonly string[]): Promise<boolean> {
  return Promise.any(urls.map(askChainId)).then(
    () => true,
    () => false,
  );
}

async function askChainId(url: string): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const { result } = (await answer.json()) as { result?: string };
  if (result === undefined) throw new Error(`${url} does not say which chain it is`);
}
