import { type Chain, type PlannedChain, RpcError, type Wire } from "@playbook/evm";
import { assertFitting, withinCap } from "../src/plan/fitting.ts";

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

describe("where one transaction may ask for 16,777,216 gas at most", () => {
  const CAP = 16_777_216;
  const RUNS = async () => "0x";
  const knowsNot = async () => {
    throw new RpcError(-32_000, "invalid opcode: CLZ");
  };
  const chainOf = (over: object) =>
    ({
      name: "axon",
      metadata: { ...({} as Chain), name: "axon", transactionOverrides: {}, ...over },
    }) as PlannedChain;
  const limited = async (gas: number, send: () => Promise<string> = RUNS, over = {}) => {
    const steps = await withinCap([step({ gas })], chainOf(over), { send } as unknown as Wire);
    return steps.map((one) => one.gas);
  };

  test("a bound that is above it is lowered to it, as less is used", async () => {
    expect(await limited(CAP)).toEqual([CAP]);
    expect(await limited(CAP + 1)).toEqual([CAP]);
    expect(await limited(23_900_000)).toEqual([CAP]);
  });

  test("what may really need more is refused where it is planned, with how much", async () => {
    await expect(limited(24_000_000)).rejects.toMatchObject({
      code: "step-too-big",
      what: expect.stringMatching(
        /IsmFactory.deploy does not fit into a transaction of axon.*7825/,
      ),
      why: "It may need 16800000 gas, and there are 16777216.",
    });
  });

  test.each<[string, typeof RUNS, object]>([
    ["does not run what came with it", knowsNot, {}],
    ["is a rollup, which has rules of its own", RUNS, { technicalStack: "opstack" }],
    ["charges for data in gas", RUNS, { technicalStack: "arbitrumnitro" }],
  ])("no other chain is held to it: one that %s", async (_, send, over) => {
    expect(await limited(29_000_000, send, over)).toEqual([29_000_000]);
  });
});
