import {
  type ChainDone,
  type Endpoint,
  type Finality,
  type Held,
  type Plan,
  RpcError,
  within,
} from "@playbook/evm";
import { heldBy } from "../rights/held.ts";
import { type Keep, undeclared } from "../rights/keeps.ts";
import type { ReadyChain } from "./chain.ts";

/** What the key holds on the live chains once all is settled. */
export type Verdict = { keeps: Keep[]; held: Held[]; left: Held[] };

/**
 * Asks the chains, as their settled blocks have it, what the plan's simulation was asked: what the
 * key holds over the contracts of the release. Undefined for a plan that says nothing of rights.
 */
export async function checkRights(
  plan: Plan,
  chains: ReadyChain[],
  done: Map<string, ChainDone>,
  added: Keep[],
): Promise<Verdict | undefined> {
  if (!plan.rights) return undefined;
  const keeps = [...plan.rights.keeps, ...added];
  const found = await Promise.all(chains.map((chain) => rightsOn(plan, chain, done)));
  const held = found.flat();
  return { keeps, held, left: undeclared(held, keeps) };
}

async function rightsOn(
  { rights, sender }: Plan,
  { name, endpoint, broadcast }: ReadyChain,
  done: Map<string, ChainDone>,
): Promise<Held[]> {
  const contracts = rights?.contracts.filter(({ chain }) => chain === name) ?? [];
  const ask = (block: number | "latest") =>
    heldBy(sender, contracts, rights?.roles ?? {}, { endpoint, block });

  return within(name, endpoint, async () => {
    const block = await settledBlock(endpoint, broadcast.finality, done.get(name));
    return ask(block).catch((error) => {
      if (isForgotten(error)) return ask("latest");
      throw error;
    });
  });
}

/** A block that will not be taken back and has all of the release. */
async function settledBlock(
  endpoint: Endpoint,
  finality: Finality,
  done: ChainDone | undefined,
): Promise<number> {
  const final =
    typeof finality === "number"
      ? (await endpoint.head()).number - finality
      : await endpoint.tagged(finality);
  return Math.max(final, ...(done?.results ?? []).map(({ block }) => block));
}

/** Many nodes keep the state of some hundred blocks, and a rollup's final one is older. */
function isForgotten(error: unknown): boolean {
  return error instanceof RpcError && /\btrie\b|state|archive|prun|histor/i.test(error.message);
}
