import { parseInputs, variable } from "@playbook/action";
import { schema } from "../src/inputs.ts";

const parse = parseInputs(schema);

const needed = { mode: "apply", environment: "production", release: "v1" };

const read = (given: Record<string, string>) =>
  parse(
    Object.fromEntries(
      Object.entries({ ...needed, ...given }).map(([name, value]) => [variable(name), value]),
    ),
  );

test("a quorum is a number for all chains, or a chain's", () => {
  expect(read({ quorum: "2\nalpha=3\nbeta = 1" }).quorum).toEqual([
    { name: null, count: 2 },
    { name: "alpha", count: 3 },
    { name: "beta", count: 1 },
  ]);
});

test("fees are in wei or gwei, by chain and field", () => {
  const { fees } = read({ fees: "alpha.gasPriceCap=7\nbeta.io.minFeePerGas = 0.5 gwei" });
  expect(fees).toEqual([
    { name: "alpha", field: "gasPriceCap", wei: 7n },
    { name: "beta.io", field: "minFeePerGas", wei: 500_000_000n },
  ]);
});

test.each([
  ["quorum", "alpha=0", "neither a number from 1"],
  ["quorum", "most", "neither a number from 1"],
  ["fees", "alpha.gasLimit=7", "alpha.gasLimit is no field"],
  ["fees", "gasPriceCap=7", "is no field of a chain"],
  ["fees", "alpha.gasPriceCap=cheap", '"cheap" is no amount'],
  ["fees", "alpha.gasPriceCap=0.5", "write wei, or for example 30gwei"],
])("%s: %s is refused", (name, value, words) => {
  expect(() => read({ [name]: value })).toThrow(
    expect.objectContaining({ code: "bad-input", message: expect.stringContaining(words) }),
  );
});
