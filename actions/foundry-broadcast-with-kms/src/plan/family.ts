import { type Chain, type Hex, ORACLES, type Rpc } from "@playbook/evm";

/** Contracts that only the chains of a family have from their first block on. */
const MARKS = {
  /** ArbSys. */
  arbitrum: "0x0000000000000000000000000000000000000064",
  op: ORACLES.op,
  scroll: ORACLES.scroll,
} as const;

type Family = keyof typeof MARKS;

/**
 * The chain's entry with the rollup family that the chain shows, where the entry names none: few
 * write `technicalStack`, and Scroll has no name there.
 */
export async function withFamily(chain: Chain, rpc: Rpc): Promise<Chain> {
  const { technicalStack = "other", playbook } = chain;
  if (technicalStack !== "other" || playbook?.gas?.preset) return chain;
  const families = Object.keys(MARKS) as Family[];
  const calls = families.map((name) => ({
    method: "eth_getCode",
    params: [MARKS[name], "latest"],
  }));
  const codes = await rpc.all(calls);
  const family = families.find((_, index) => {
    const code = codes[index];
    return code && "result" in code && (code.result as Hex).length > 2;
  });
  return family ? { ...chain, playbook: { gas: { ...playbook?.gas, preset: family } } } : chain;
}
