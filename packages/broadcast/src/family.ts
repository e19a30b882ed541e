import { type Chain, dataGasCall, gasPolicy, ORACLES, type Rpc } from "@playbook/evm";

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

const FAMILIES = Object.keys(MARKS) as Family[];

type Asked = Pick<Rpc, "all">;

/** The chain's entry with the rollup family that the chain shows, unless the entry has a preset. */
export async function withFamily(
  chain: Chain,
  rpc: Asked,
  warn: (message: string) => void,
): Promise<Chain> {
  const { technicalStack = "other", playbook } = chain;
  if (playbook?.gas?.preset) return chain;
  return technicalStack === "other" ? withShown(chain, rpc) : unlessMissed(chain, rpc, warn);
}

/** Few entries name their family, and Scroll has no name there. */
async function withShown(chain: Chain, rpc: Asked): Promise<Chain> {
  const outcomes = await rpc.all(Object.values(MARKS));
  const family = FAMILIES.find((_, at) => String(answerOf(outcomes[at])).startsWith("0x"));
  return family ? withPreset(chain, family) : chain;
}

/**
 * A node that has nothing of its family's, such as an anvil that stands in for it, charges nothing
 * for data.
 */
async function unlessMissed(
  chain: Chain,
  rpc: Asked,
  warn: (message: string) => void,
): Promise<Chain> {
  const { preset } = gasPolicy(chain);
  const family = FAMILIES.find((one) => one === preset);
  if (!family) return chain;
  const [outcome] = await rpc.all([MARKS[family]]);
  if (answerOf(outcome) !== "none") return chain;
  const { name, technicalStack } = chain;
  warn(`${name} is no ${technicalStack} by its node: its data is taken to cost nothing.`);
  return withPreset(chain, "ethereum");
}

function withPreset(chain: Chain, preset: Family | "ethereum"): Chain {
  return { ...chain, playbook: { gas: { ...chain.playbook?.gas, preset } } };
}

/** What a chain says; an error says nothing of it. */
function answerOf(outcome: Awaited<ReturnType<Rpc["all"]>>[number] | undefined): unknown {
  if (!outcome || !("result" in outcome)) return undefined;
  return String(outcome.result).length > 2 ? outcome.result : "none";
}
