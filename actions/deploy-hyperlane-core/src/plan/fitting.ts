import { ActionError } from "@playbook/action";

/** The most code that a contract may have (EIP-170), in bytes. */
const MOST_CODE = 24_576;

/** What a static set has as code beside what its factory is told; there, four bytes say the method. */
const AROUND_SET = 86 - 4;

type Step = { kind: string; to: string | null; data: string; gas: number; label: string };

/** Throws `step-too-big` for what a chain can never execute: it would end there when all else is done. */
export function assertFitting(chain: string, steps: readonly Step[], blockGas: number): void {
  for (const { kind, to, data, gas, label } of steps) {
    const name = label.replace(/\(.*/s, "");
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

function tooBig(what: string, needed: number, unit: string, most: number): ActionError {
  return new ActionError("step-too-big", {
    what,
    why: `It may need ${needed} ${unit}, and there are ${most}.`,
    next: "Have fewer members in that set, module or hook; several sets can be in one aggregation.",
  });
}
