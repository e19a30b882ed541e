import { type Cell, table } from "@playbook/action";
import { money } from "@playbook/broadcast";
import { dataFee, gasPolicy, type Plan, type PlannedChain, stepsOn, type Wei } from "@playbook/evm";

/** What a chain's part of a plan costs, at the prices of the moment it was made at. */
export type Cost = {
  /** For what the steps do, and for carrying their data where a rollup charges for that. */
  execution: Wei;
  data: Wei;
  values: Wei;
  expected: Wei;
  /** With all gas that the steps' limits allow, and data at twice its price. */
  most: Wei;
};

/** `used` is the gas of each step in the simulation, by its id. */
export function costOf(plan: Plan, chain: PlannedChain, used: Map<string, number>): Cost {
  const steps = stepsOn(plan, chain.name);
  const gas = sum(steps.map(({ id }) => used.get(id) ?? 0));
  const metered = sum(steps.map(({ dataGas = 0 }) => dataGas));
  const limit = sum(steps.map((step) => step.gas));
  const mostData = total(steps.map(({ data }) => charged(chain, data)));
  const values = total(steps.map(({ value }) => value));
  const execution = BigInt(gas - metered) * chain.gasPrice;
  const data = BigInt(metered) * chain.gasPrice + mostData / 2n;
  return {
    ...{ execution, data, values },
    expected: execution + data + values,
    most: BigInt(limit) * chain.gasPrice + mostData + values,
  };
}

function charged({ gasPrice, dataPrice }: PlannedChain, data: string): Wei {
  return dataFee({ type: "legacy", gasPrice, data: dataPrice }, data);
}

/** The parts of the cost of chains that charge for data: there, gas alone says little. */
export function partsOfCost(plan: Plan, used: Map<string, number>): string {
  const rows = plan.chains.flatMap((chain): Cell[][] => {
    const { execution, data, values } = costOf(plan, chain, used);
    if (data === 0n) return [];
    const parts = [execution, data, values].map((part) => money(chain, part));
    return [[chain.name, gasPolicy(chain.metadata).preset, ...parts]];
  });
  if (rows.length === 0) return "";
  return table(["Chain", "Charges as", "Execution", "Data, at most today", "Values sent"], rows);
}

function sum(numbers: number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

function total(amounts: Wei[]): Wei {
  return amounts.reduce((all, one) => all + one, 0n);
}
