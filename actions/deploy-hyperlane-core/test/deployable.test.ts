import type { Chain } from "@playbook/evm";
import { assertDeployable } from "../src/plan/deployable.ts";

const chain = (name: string, technicalStack?: string) => ({ name, technicalStack }) as Chain;

test("a chain with other bytecode than Ethereum's is refused, and the file that says so is named", () => {
  const chains = [chain("alpha"), chain("sophon", "zksync")];

  expect(() => assertDeployable(chains, "registry")).toThrow(
    expect.objectContaining({
      code: "other-bytecode",
      what: expect.stringContaining("sophon"),
      why: expect.stringContaining(
        "registry/chains/sophon/metadata.yaml says technicalStack: zksync",
      ),
    }),
  );
});

test.each([undefined, "other", "opstack", "arbitrumnitro", "polygoncdk", "polkadotsubstrate"])(
  "a chain of the stack %s is not",
  (stack) => {
    expect(() => assertDeployable([chain("alpha", stack)], "registry")).not.toThrow();
  },
);
