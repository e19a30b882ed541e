import { placesOf } from "../../src/build/networks.ts";

const standing = (name: string | null, byte: string, block: number, left?: string) => ({
  ...{ name, address: `0x${byte.repeat(20)}`, block },
  ...(left && { left }),
});

const manifest = {
  chains: {
    alpha: {
      contracts: [
        standing("Vortex", "aa", 3),
        standing("Proxy", "bb", 4),
        standing("Proxy", "cc", 5),
        standing("Vortex", "dd", 6),
        standing("Vortex", "ee", 7, "failed"),
        standing(null, "ff", 8),
      ],
    },
  },
};

const place = (byte: string, startBlock: number) => ({
  address: `0x${byte.repeat(20)}`,
  startBlock,
});

const asked = (name: string, known?: ReturnType<typeof place>) => ({
  ...{ manifest, chain: "alpha", called: [] },
  sources: [{ name, known }],
});

test("a data source is where the newest contract of its name stands, and none that was left", () => {
  expect(placesOf(asked("Vortex"))).toEqual({ Vortex: place("dd", 6) });
});

test("one that is called otherwise is where it is said to be, by its place among its namesakes", () => {
  const called = (nth: number) => [{ source: "Nexus", contract: "Proxy", nth }];
  const placed = (nth: number) => placesOf({ ...asked("Nexus"), called: called(nth) });
  expect(placed(1)).toEqual({ Nexus: place("bb", 4) });
  expect(placed(2)).toEqual({ Nexus: place("cc", 5) });
  expect(placed(0)).toEqual({ Nexus: place("cc", 5) });
  expect(() => placed(3)).toThrow("No contract");
});

test("what was never released here is as the project knows it", () => {
  expect(placesOf(asked("Token", place("99", 1)))).toEqual({ Token: place("99", 1) });
  expect(() => placesOf(asked("Token"))).toThrow("There are Vortex, Proxy.");
});

test("where a data source ends stays, and another subgraph is no contract", () => {
  const ends = { name: "Vortex", kind: "ethereum", source: { endBlock: 9 } };
  const source = { address: "QmOther", startBlock: 7 };
  const other = { name: "Other", kind: "subgraph", source };
  expect(placesOf({ manifest, chain: "alpha", called: [], sources: [ends, other] })).toEqual({
    Vortex: { ...place("dd", 6), endBlock: 9 },
    Other: source,
  });
});
