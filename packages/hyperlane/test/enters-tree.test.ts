import type { Address } from "@playbook/evm";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { entersTree, treeAmong } from "../src/index.ts";
import type { StandingHook } from "../src/model.ts";
import { account } from "./wishes.ts";

const [owner, address] = [account(1), account(2)] as [Address, Address];

const tree: StandingHook = { type: "merkleTreeHook", address };
const foreign: StandingHook = { type: "foreign", address };
const pausable: StandingHook = { type: "pausableHook", address, owner, paused: false };
const standing: StandingHook = { type: "defaultHook", address };

const both = (...hooks: StandingHook[]): StandingHook => ({
  ...{ type: "aggregationHook", address },
  hooks,
});
const routing = (ways: [number, StandingHook][]): StandingHook => ({
  ...{ type: "domainRoutingHook", address, owner },
  ways: ways.map(([domain, hook]) => ({ domain, hook })),
});
const falling = (ways: [number, StandingHook][], fallback: StandingHook): StandingHook => ({
  ...{ type: "fallbackRoutingHook", address, owner, fallback },
  ways: ways.map(([domain, hook]) => ({ domain, hook })),
});
const byAmount = (lower: StandingHook, upper: StandingHook): StandingHook => ({
  ...{ type: "amountRoutingHook", address, lower, upper },
  threshold: 1n,
});

test.each([
  ["a tree", [tree], true],
  ["none", [pausable, standing], false],
  ["one that is not known", [pausable, foreign], null],
  ["a tree beside one that is not known", [foreign, tree], true],
  ["a tree among others", [both(pausable, both(tree))], true],
  ["a tree on the way there", [routing([[5, tree]])], true],
  ["a tree on another way", [routing([[6, tree]])], false],
  ["a way past the tree", [falling([[5, pausable]], tree)], false],
  ["a tree for all other ways", [falling([[6, pausable]], tree)], true],
  ["a tree whatever the amount", [byAmount(tree, both(tree))], true],
  ["a tree by the amount", [byAmount(tree, pausable)], null],
  ["no tree whatever the amount", [byAmount(pausable, standing)], false],
] as [string, StandingHook[], boolean | null][])("of hooks with %s (%#)", (_, hooks, expected) => {
  expect(entersTree(hooks, 5)).toBe(expected);
});

test("whoever has a tree somewhere may enter it, and without one nobody does", () => {
  const leaf = fc.constantFrom(tree, foreign, pausable, standing);
  const { hook } = fc.letrec<{ hook: StandingHook }>((tie) => {
    const ways = fc.array(fc.tuple(fc.constantFrom(5, 6), tie("hook")), { maxLength: 2 });
    return {
      hook: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        fc.array(tie("hook"), { maxLength: 3 }).map((hooks) => both(...hooks)),
        ways.map(routing),
        fc.tuple(ways, tie("hook")).map(([some, rest]) => falling(some, rest)),
        fc.tuple(tie("hook"), tie("hook")).map(([lower, upper]) => byAmount(lower, upper)),
      ),
    };
  });
  fc.assert(
    fc.property(fc.array(hook, { maxLength: 2 }), (hooks) => {
      const enters = entersTree(hooks, 5);
      if (enters === true) expect(treeAmong(hooks)).toBeDefined();
      if (enters === null) expect(JSON.stringify(hooks, textOf)).toMatch(/foreign|amountRouting/);
      if (!JSON.stringify(hooks, textOf).includes("merkleTreeHook")) expect(enters).not.toBe(true);
    }),
    chance(),
  );
});

const textOf = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
