import { NodesDisagree, RpcError, RpcUnreachable } from "@playbook/evm";
import type { Finding } from "./finding.ts";

/** A chain that has answered, and does not any more. */
export type Loss = { chain: string; why: string };

class ChainLost extends Error implements Loss {
  readonly chain: string;
  readonly why: string;

  constructor({ chain, why }: Loss) {
    super(`${chain}: ${why}`);
    this.chain = chain;
    this.why = why;
  }
}

/** The same answer; when a chain refuses or says nothing, what fails is named by that chain. */
export async function onChain<Answer>(
  { name }: { name: string },
  answer: Promise<Answer>,
): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (isLost(error)) throw new ChainLost({ chain: name, why: error.message });
    throw error;
  }
}

/** Whether it is for want of an answer that something failed. */
export function isLost(error: unknown): error is RpcUnreachable | RpcError | NodesDisagree {
  return [RpcUnreachable, RpcError, NodesDisagree].some((kind) => error instanceof kind);
}

/** The chain that was lost; throws what is anything else. */
export function lossIn(error: unknown): Loss {
  if (error instanceof ChainLost) return { chain: error.chain, why: error.why };
  throw error;
}

/** Each chain once, but for those that are told already. */
export function findingsOfLosses(losses: readonly Loss[], told: readonly Finding[]): Finding[] {
  const known = new Set(told.flatMap(({ rule, chain }) => (rule === "chain-away" ? [chain] : [])));
  const first = new Map<string, Loss>();
  for (const one of losses) if (!first.has(one.chain)) first.set(one.chain, one);
  return [...first.values()]
    .filter(({ chain }) => !known.has(chain))
    .map(({ chain, why }) => ({ rule: "chain-away", chain, about: chain, why }));
}
