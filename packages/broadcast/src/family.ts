import { type Chain, dataGasCall, ORACLES, type Rpc } from "@playbook/evm";

/**
 * What only the chains of a family answer to. (Arbitrum's ArbSys would be on an anvil that forks
 * it, too, which meters as anvils do.)
 */
const MARKS = {
  arbitrum: dataGasCall({ to: null, data: "0x" }),
  op: { method: "eth_getCode", params: [ORACLES.op, "latest"] },
  scroll: { method: "eth_getCode", params: [ORACLES.scroll, "latest"] },
};

type Family = keyof typeof MARKS;

/**
 * The chain's entry with the rollup family that the chain shows, where the entry names none: few
 * write `technicalStack`, and Scroll has no name there.
 */
export async function withFamily(chain: Chain, rpc: Pick<Rpc, "all">): Promise<Chain> {
  const { technicalStack = "other", playbook } = chain;
  if (technicalStack !== "other" || playbook?.gas?.preset) return chain;
  const outcomes = await rpc.all(Object.values(MARKS));
  const families = Object.keys(MARKS) as Family[];
  const family = families.find((_, index) => {
    const outcome = outcomes[index];
    return outcome && "result" in outcome && String(outcome.result).length > 2;
  });
  return family ? { ...chain, playbook: { gas: { ...playbook?.gas, preset: family } } } : chain;
}
