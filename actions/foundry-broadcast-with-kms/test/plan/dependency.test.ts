import type { Address } from "@playbook/evm";
import fc from "fast-check";
import { chance } from "../../../../test/chance.ts";
import { type Dependent, dependencies, reduced } from "../../src/plan/dependency.ts";

const VAULT = "0x00000000000000000000000000000000000000AA" as Address;
const TOKEN = "0x00000000000000000000000000000000000000bb" as Address;

type Part = Partial<Omit<Dependent, "footprint">> & { reads?: string[]; writes?: string[] };

function steps(...parts: Part[]): Dependent[] {
  return parts.map(({ reads = [], writes = [], ...part }, at) => ({
    ...{ id: `alpha/${at}`, to: null, data: "0x", creates: [], waits: null },
    footprint: { reads: new Set(reads), writes: new Set(writes) },
    ...part,
  }));
}

const word = (address: Address) => address.slice(2).toLowerCase().padStart(64, "0");

test.each<{ says: string; parts: Part[]; last: string[] }>([
  {
    says: "a call comes after the creation of what it calls",
    parts: [{ creates: [VAULT] }, { creates: [TOKEN] }, { to: VAULT }],
    last: ["alpha/0"],
  },
  {
    says: "a contract that is mentioned in calldata comes first",
    parts: [{ creates: [TOKEN] }, { to: VAULT, data: `0x12345678${word(TOKEN)}` }],
    last: ["alpha/0"],
  },
  {
    says: "so does one that a constructor is given",
    parts: [{ creates: [TOKEN] }, { data: `0x6080${word(TOKEN)}` }],
    last: ["alpha/0"],
  },
  {
    says: "what is read was written before, by the last who did",
    parts: [{ writes: ["a:1"] }, { writes: ["a:1"] }, { writes: ["a:2"] }, { reads: ["a:1"] }],
    last: ["alpha/1"],
  },
  {
    says: "an approval comes before what spends it, though neither names the other",
    parts: [
      { to: TOKEN, writes: ["token:allowance"] },
      { to: VAULT, reads: ["token:allowance"] },
    ],
    last: ["alpha/0"],
  },
  {
    says: "ownership moves after whatever needed it where it was",
    parts: [
      { reads: ["vault:owner"] },
      { reads: ["x"] },
      { writes: ["vault:owner"], waits: "ownership" },
    ],
    last: ["alpha/0"],
  },
  {
    says: "other writes do not come after those who read before",
    parts: [{ reads: ["vault:total"] }, { writes: ["vault:total"] }],
    last: [],
  },
  {
    says: "steps that share nothing are free",
    parts: [{ creates: [VAULT] }, { to: TOKEN }],
    last: [],
  },
])("$says", ({ parts, last }) => {
  expect(dependencies(steps(...parts)).at(-1)).toEqual(last);
});

const parts = fc.array(
  fc.record({
    creates: fc.subarray([VAULT, TOKEN]),
    to: fc.constantFrom(null, VAULT, TOKEN),
    reads: fc.subarray(["a", "b", "c"]),
    writes: fc.subarray(["a", "b", "c"]),
    waits: fc.constantFrom(null, "role" as const, "value" as const),
  }),
  { maxLength: 12 },
);

test("no step comes after itself or a later one", () => {
  fc.assert(
    fc.property(parts, (some) => {
      const position = (id: string) => Number(id.split("/")[1]);
      dependencies(steps(...some)).forEach((after, at) => {
        expect(after.every((id) => position(id) < at)).toBe(true);
        expect(new Set(after).size).toBe(after.length);
      });
    }),
    chance(),
  );
});

test("a picture leaves edges out, and no order", () => {
  fc.assert(
    fc.property(parts, (some) => {
      const all = steps(...some);
      const found = dependencies(all);
      const full = all.map(({ id }, at) => ({ id, after: found[at] ?? [] }));
      const fewer = [...reduced(full)].map(([id, after]) => ({ id, after }));
      expect(ancestors(fewer)).toEqual(ancestors(full));
    }),
    chance(),
  );
});

function ancestors(all: { id: string; after: string[] }[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { id, after } of all) {
    const beyond = after.flatMap((parent) => [parent, ...(found.get(parent) ?? [])]);
    found.set(id, new Set(beyond.sort()));
  }
  return found;
}

test("what follows from another edge is not drawn", () => {
  const chain = [
    { id: "a", after: [] },
    { id: "b", after: ["a"] },
    { id: "c", after: ["a", "b"] },
  ];
  expect(reduced(chain).get("c")).toEqual(["b"]);
});
