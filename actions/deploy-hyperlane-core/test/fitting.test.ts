import { assertFitting } from "../src/plan/fitting.ts";

const BLOCK = 30_000_000;
const step = (over: { data?: string; gas?: number; label?: string; kind?: string } = {}) => ({
  ...{ kind: "create2", to: `0x${"1".repeat(40)}`, data: "0x", gas: 500_000 },
  label: "StaticMessageIdMultisigIsmFactory.deploy([0x1, 0x2], 1)",
  ...over,
});
/** What a factory is told of so many members. */
const told = (members: number) => `0x${"0".repeat(8)}${"0".repeat(64 * (members + 3))}`;

test("what a block holds, and a contract may be, is planned", () => {
  expect(() =>
    assertFitting("axon", [step({ gas: BLOCK }), step({ data: told(762) })], BLOCK),
  ).not.toThrow();
  const creation = step({ kind: "create", label: "new Mailbox(5)", data: told(2_000) });
  expect(() => assertFitting("axon", [creation], BLOCK)).not.toThrow();
});

test.each([
  [
    step({ gas: BLOCK + 1 }),
    "StaticMessageIdMultisigIsmFactory.deploy does not fit into a block of axon",
  ],
  [step({ data: told(764) }), "would make a contract too large for axon"],
])("what a chain can never execute is refused where it is planned", (one, what) => {
  expect(() => assertFitting("axon", [step(), one], BLOCK)).toThrow(
    expect.objectContaining({ code: "step-too-big", what: expect.stringContaining(what) }),
  );
});
