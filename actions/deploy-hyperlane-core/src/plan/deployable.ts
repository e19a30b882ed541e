import { ActionError } from "@playbook/action";
import type { Chain } from "@playbook/evm";

/** The registry's name for chains that run no bytecode of Ethereum's as it is. */
const OTHER_BYTECODE = "zksync";

/** Whether the contracts can be deployed to a chain as they are published. */
export function isDeployable({ technicalStack }: Chain): boolean {
  return technicalStack !== OTHER_BYTECODE;
}

/** Throws `other-bytecode` for a chain of which that is not so. */
export function assertDeployable(chain: Chain): void {
  if (isDeployable(chain)) return;
  const { name } = chain;
  throw new ActionError("other-bytecode", {
    what: `${name} does not run Ethereum's bytecode, which is what is deployed here.`,
    why:
      `Its metadata.yaml says technicalStack: ${OTHER_BYTECODE}; such chains have a ` +
      "compiler and transactions of their own.",
    next:
      "Deploy it with the official CLI, and take out its core config, or name the other chains " +
      "in the input `chains`. Its folder may stay in the registry.",
  });
}
