import { join } from "node:path";
import { ActionError } from "@playbook/action";
import type { Chain } from "@playbook/evm";

/** The registry's name for chains that run no bytecode of Ethereum's as it is. */
const OTHER_BYTECODE = "zksync";

/** Throws `other-bytecode` for a chain that the contracts cannot be deployed to as they are published. */
export function assertDeployable(chains: readonly Chain[], registry: string): void {
  const other = chains.find(({ technicalStack }) => technicalStack === OTHER_BYTECODE);
  if (!other) return;
  const { name } = other;
  const path = join(registry, "chains", name, "metadata.yaml");
  throw new ActionError("other-bytecode", {
    what: `${name} does not run Ethereum's bytecode, which is what is deployed here.`,
    why: `${path} says technicalStack: ${OTHER_BYTECODE}; such chains have a compiler and transactions of their own.`,
    next: "Deploy it with the official CLI, and plan the others: take out its core config, or name them in the input `chains`. Its folder may stay in the registry.",
  });
}
