import { type Agents, readAgents } from "@playbook/hyperlane";
import { signing } from "../../../packages/hyperlane/test/agent-lists.ts";
import { refusalsIn } from "../src/policy.ts";

const three = ["a", "b", "c"].map((zone, at) => ({ ...signing(at), zone }));

/** Three validators in three zones, and one that takes the place of the first. */
const rotating: Agents = readAgents(
  JSON.stringify({ validators: { axon: [...three, { ...signing(3), zone: "b", node: "n" }] } }),
  "agents.yaml",
  ["axon"],
);

const none = { allowSharedKeys: [], allowOneOperator: [], allowOnePlace: [], rotate: [] };
const rulesOf = (inputs: Parameters<typeof refusalsIn>[2]) =>
  refusalsIn(rotating, [], inputs).map(({ rule, why }) => `${rule}: ${why}`);

test("a successor may be where another is whom a named rotation retires, and nowhere else", () => {
  expect(rulesOf(none)).toEqual(["one-place: 2 validators of the list of axon are in b."]);
  const rotation = (old: string) => ({ retiring: `validator-axon-${old}`, successor: "x" });
  expect(rulesOf({ ...none, rotate: [rotation("n1")] })).toEqual([]);
  expect(rulesOf({ ...none, rotate: [rotation("n0")] })).toHaveLength(1);
  expect(rulesOf({ ...none, allowOnePlace: ["axon"] })).toEqual([]);
});
