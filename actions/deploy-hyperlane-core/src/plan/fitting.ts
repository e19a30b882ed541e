import { ActionError } from "@playbook/action";
import {
  hasEthereumsRules,
  OSAKA_CODE,
  type PlannedChain,
  RpcError,
  TRANSACTION_GAS_CAP,
  type Wire,
} from "@playbook/evm";

/** The most code that a contract may have (EIP-170), in bytes. */
const MOST_CODE = 24_576;

/**
 * What a static set has as code beside what its factory is told; there, four bytes say the method.
 */
const AROUND_SET = 86 - 4;

type Step = { kind: string; to: string | null; data: string; gas: number; label: string };

/**
 * Throws `step-too-big` for what a chain can never execute: it would end there when all else is
 * done.
 */
export function assertFitting(chain: string, steps: readonly Step[], blockGas: number): void {
  for (const step of steps) {
    const { kind, to, data, gas, label } = step;
    const name = nameOf(step);
    if (gas > blockGas) {
      throw tooBig(`${name} does not fit into a block of ${chain}.`, gas, "gas", blockGas);
    }
    const isSet = kind === "create2" && label.includes(".deploy(") && to !== null;
    const code = (data.length - 2) / 2 + AROUND_SET;
    if (isSet && code > MOST_CODE) {
      throw tooBig(
        `${name} would make a contract too large for ${chain}.`,
        code,
        "bytes",
        MOST_CODE,
      );
    }
  }
}

/** Of a bound by size, at most: it has far more for a word than storing one takes. */
const USED = 0.7;

/**
 * The steps with limits that the chain takes, where it is known to let one transaction ask for so
 * much at most (EIP-7825). Throws `step-too-big` for what may really need more.
 */
export async function withinCap<One extends Step>(
  steps: readonly One[],
  { name, metadata }: PlannedChain,
  wire: Wire,
): Promise<One[]> {
  const isOver = ({ gas }: Step) => gas > TRANSACTION_GAS_CAP;
  const mayApply = steps.some(isOver) && hasEthereumsRules(metadata);
  if (!mayApply || !(await runsOsaka(wire))) return [...steps];
  return steps.map((step) => {
    if (!isOver(step)) return step;
    const used = Math.ceil(step.gas * USED);
    if (used <= TRANSACTION_GAS_CAP) return { ...step, gas: TRANSACTION_GAS_CAP };
    const what = `${nameOf(step)} does not fit into a transaction of ${name} (EIP-7825).`;
    throw tooBig(what, used, "gas", TRANSACTION_GAS_CAP);
  });
}

async function runsOsaka(wire: Wire): Promise<boolean> {
  try {
    await wire.send("eth_call", { data: OSAKA_CODE }, "latest");
    return true;
  } catch (error) {
    if (error instanceof RpcError) return false;
    throw error;
  }
}

const nameOf = ({ label }: Step) => label.replace(/\(.*/s, "");

function tooBig(what: string, needed: number, unit: string, most: number): ActionError {
  return new ActionError("step-too-big", {
    what,
    why: `It may need ${needed} ${unit}, and there are ${most}.`,
    next:
      "Have fewer members in that set, module or hook: several sets can be in one aggregation, " +
      "and a later plan adds domains to a routing that is there.",
  });
}
