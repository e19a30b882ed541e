import { ActionError, type Context, reason } from "@playbook/action";
import { plannedOn, unreachable, wrongChain } from "@playbook/broadcast";
import {
  type Address,
  type Chain,
  type Hex,
  hasEthereumsRules,
  hostOf,
  OSAKA_CODE,
  type PlannedChain,
  Rpc,
  type RpcError,
} from "@playbook/evm";
import type { Reachable } from "./chains.ts";

/** A chain as it stands when the plan is made. */
export type Live = PlannedChain & {
  rpc: Rpc;
  /** All URLs that it may be reached by. */
  urls: string[];
  /** The one of them that answered, for the fork. */
  url: string;
  blockLimit: number;
  hardfork: Hardfork;
  /** Whether a transaction of more than 2^24 gas is refused. */
  capped: boolean;
};

/** As anvil names them. What lies between two is as good as the older one. */
export type Hardfork = "berlin" | "paris" | "shanghai" | "prague" | "osaka";

/** Looks at the chain. Throws `rpc-unreachable`, `wrong-chain` or what the node refused. */
export async function lookAt(
  { chain, urls }: Reachable,
  sender: Address,
  context: Context,
): Promise<Live> {
  const { rpc, url } = await reach(chain, urls, context);
  try {
    return { ...(await lookThrough(rpc, chain, sender, context)), rpc, url, urls };
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof ActionError) throw error;
    throw unreachable(chain, urls, reason(error));
  }
}

async function lookThrough(
  rpc: Rpc,
  chain: Chain,
  sender: Address,
  context: Context,
): Promise<Omit<Live, "rpc" | "url" | "urls">> {
  const [{ planned, head }, knows] = await Promise.all([
    plannedOn(rpc, chain, sender, context),
    instructionsOf(rpc),
  ]);
  return {
    ...planned,
    blockLimit: head.gasLimit,
    hardfork: hardforkOf(knows, head.baseFee !== null),
    capped: knows.has("CLZ") && hasEthereumsRules(planned.metadata),
  };
}

/** The first of the URLs that answers, and answers for this chain. */
async function reach(
  chain: Chain,
  urls: string[],
  context: Context,
): Promise<{ rpc: Rpc; url: string }> {
  const failures: string[] = [];
  for (const url of urls) {
    const rpc = new Rpc([url], context);
    const id = await rpc.send<Hex>("eth_chainId").catch((error) => {
      context.signal.throwIfAborted();
      failures.push(`${hostOf(url)}: ${reason(error)}`);
    });
    if (id === undefined) continue;
    if (Number(id) !== chain.chainId) throw wrongChain(chain, Number(id), hostOf(url));
    return { rpc, url };
  }
  throw unreachable(chain, urls, failures.join("; "));
}

/** Code that does nothing but use an instruction which a hard fork brought. */
const PROBES = {
  /** PUSH0 PUSH0 RETURN (Shanghai, EIP-3855) */
  PUSH0: "0x5f5ff3",
  /** PUSH0 TLOAD (Cancun, EIP-1153) */
  TLOAD: "0x5f5c",
  CLZ: OSAKA_CODE,
};

type Outcome = { result: unknown } | { error: RpcError };
type Instruction = keyof typeof PROBES;

async function instructionsOf(rpc: Rpc): Promise<Set<Instruction>> {
  const names = Object.keys(PROBES) as Instruction[];
  const calls = names.map((name) => ({
    method: "eth_call",
    params: [{ data: PROBES[name] }, "latest"],
  }));
  const outcomes = await rpc.all(calls);
  return new Set(names.filter((_, index) => !isUnknown(outcomes[index])));
}

/** Nodes have many words for it; those about the node's own troubles say nothing of the chain. */
function isUnknown(outcome: Outcome | undefined): boolean {
  if (!outcome || !("error" in outcome)) return false;
  return /opcode|instruction|not ?activated|invalid ?code|undefined/i.test(outcome.error.message);
}

/** The hard fork that a fork of the chain has to imitate, by what its nodes execute. */
export function hardforkOf(knows: Set<string>, baseFee: boolean): Hardfork {
  if (knows.has("CLZ")) return "osaka";
  if (knows.has("TLOAD")) return "prague";
  if (knows.has("PUSH0")) return "shanghai";
  return baseFee ? "paris" : "berlin";
}

/** Which of the addresses have code on the live chain at the block that the plan is made on. */
export async function standing({ rpc, block }: Live, addresses: Address[]): Promise<Set<Address>> {
  const at = `0x${block.toString(16)}`;
  const calls = addresses.map((address) => ({ method: "eth_getCode", params: [address, at] }));
  const codes = await rpc.all(calls);
  return new Set(
    addresses.filter((_, index) => {
      const code = codes[index];
      if (code && "error" in code) throw code.error;
      return code?.result !== "0x";
    }),
  );
}
