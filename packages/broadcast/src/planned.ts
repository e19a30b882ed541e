import { ActionError, type Context, reason } from "@playbook/action";
import {
  type Address,
  type Chain,
  Endpoint,
  gasPolicy,
  type Head,
  type Hex,
  hostOf,
  type PlannedChain,
  Rpc,
  type Wire,
} from "@playbook/evm";
import { withFamily } from "./family.ts";

/** A chain as a plan says it, and the way it was reached by. */
export type Reached = { planned: PlannedChain; rpc: Wire };

/**
 * Looks at a chain for a plan of its transactions, by default through the first of its URLs that
 * answers. Throws `wrong-chain` and `rpc-unreachable`.
 */
export async function reachChain(
  chain: Chain,
  urls: string[],
  sender: Address,
  context: Context,
  rpc: Wire = new Rpc(urls, context),
): Promise<Reached> {
  try {
    const id = await rpc.send<Hex>("eth_chainId");
    if (Number(id) !== chain.chainId) throw wrongChain(chain, Number(id), rpc.host);
    return { planned: (await plannedOn(rpc, chain, sender, context)).planned, rpc };
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof ActionError) throw error;
    throw unreachable(chain, urls, reason(error));
  }
}

/** A chain as it stands, and its newest block. */
export async function plannedOn(
  rpc: Pick<Rpc, "host" | "send" | "all">,
  chain: Chain,
  sender: Address,
  context: Pick<Context, "warn">,
): Promise<{ planned: PlannedChain; head: Head }> {
  const metadata = await withFamily(chain, rpc, (message) => context.warn(message));
  const policy = gasPolicy(metadata);
  const { type, floor } = policy;
  const endpoint = new Endpoint(rpc, policy);
  const [{ genesis }, head] = await Promise.all([endpoint.identity(), endpoint.head()]);
  const [firstNonce, asked, { data }] = await Promise.all([
    endpoint.nonce(sender, head.number),
    rpc.send<Hex>("eth_gasPrice"),
    endpoint.market(head),
  ]);
  const gasPrice = BigInt(asked);
  const planned: PlannedChain = {
    ...{ name: chain.name, chainId: chain.chainId, genesis, firstNonce, block: head.number },
    fees: head.baseFee === null || type === "legacy" ? "legacy" : "eip1559",
    gasPrice: gasPrice > floor ? gasPrice : floor,
    ...(data ? { dataPrice: data } : {}),
    metadata,
  };
  return { planned, head };
}

export function wrongChain({ name, chainId }: Chain, found: number, host: string): ActionError {
  return new ActionError("wrong-chain", {
    what: `${host} is not ${name}.`,
    why: `It says that its chain id is ${found}; ${chainId} is expected for ${name}.`,
    next: `Correct the URL or the chain id of ${name}.`,
  });
}

export function unreachable(chain: Chain, urls: string[], why: string): ActionError {
  const hosts = [...new Set(urls.map(hostOf))].join(", ");
  return new ActionError("rpc-unreachable", {
    what: `${chain.name} cannot be asked through ${hosts}.`,
    why,
    next:
      `Check the URLs of ${chain.name} in the file that has ` +
      "its entry, or in the input `rpc-urls`.",
  });
}
