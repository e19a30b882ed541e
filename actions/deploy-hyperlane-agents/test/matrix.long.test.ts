import { budgets } from "@playbook/broadcast/inputs";
import type { Aws } from "@playbook/world";
import { claim, whole } from "../../../test/proof.ts";
import { targets } from "../src/funding/targets.ts";
import {
  type AgentList,
  agentOf,
  common,
  type Fleet,
  FREE,
  type Listed,
  openFleet,
} from "./fleet.ts";
import { ONE, openFunder } from "./funding/treasury.ts";

/**
 * Whole it is eight chains, with two relayers for the routes from each; else three, with two for
 * all.
 */
const IDS = whole ? [5, 7, 11, 13, 17, 19, 23, 29] : [5, 7, 11];
const CHAINS = IDS.map((id) => `chain${id}`).sort();

const ROUTES = CHAINS.flatMap((origin) =>
  CHAINS.filter((one) => one !== origin).map((destination) => ({ origin, destination })),
);

/** What relayers are called by, and the routes that they work on. */
const GROUPS: Record<string, typeof ROUTES> = whole
  ? Object.fromEntries(
      CHAINS.map((chain) => [chain, ROUTES.filter(({ origin }) => origin === chain)]),
    )
  : { main: ROUTES };

async function listOf(aws: Aws): Promise<AgentList> {
  const list: AgentList = { validators: {}, relayers: {} };
  for (const chain of CHAINS) {
    list.validators[chain] = await some(aws, "validator", chain, ["a", "b", "c"]);
  }
  for (const [group, routes] of Object.entries(GROUPS)) {
    const instances = await some(aws, "relayer", group, ["a", "b"]);
    list.relayers[group] = { routes, gasPayment: FREE, instances };
  }
  return list;
}

async function some(aws: Aws, kind: "validator" | "relayer", group: string, names: string[]) {
  const all: Listed[] = [];
  for (const name of names) all.push(await agentOf(aws, kind, { group, name }));
  return all;
}

/** Chain by chain, and those who relay after all who sign. */
const IN_ORDER = [
  ...CHAINS.flatMap((chain) => ["a", "b", "c"].map((name) => `validator-${chain}-${name}`)),
  ...Object.keys(GROUPS)
    .sort()
    .flatMap((group) => ["a", "b"].map((name) => `relayer-${group}-${name}`)),
];

/** Each validator on its own chain, each relayer wherever its routes lead. */
const PAYMENTS =
  3 * CHAINS.length +
  Object.values(GROUPS).reduce((sum, routes) => {
    return sum + 2 * new Set(routes.map(({ destination }) => destination)).size;
  }, 0);

let fleet: Fleet;
let paying: Awaited<ReturnType<typeof openFunder>>;
beforeAll(async () => {
  fleet = await openFleet({ matrix: { ids: IDS, list: listOf } });
  paying = await openFunder(fleet.aws);
  for (const { chain } of fleet.sites) await chain.setBalance(paying.funder, 100n * ONE);
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

const each = (line: string) => CHAINS.map((chain) => `${chain}${line}`).join("\n");

const funded = () => ({
  ...{ funder: paying.key, state: paying.state, region: fleet.aws.region },
  funding: targets.parse(each(" validator=0.01 relayer=0.5")),
  fundingCap: budgets.parse(each("=9")),
  agentTimeout: 900_000,
});

test("chains and routes are a matrix, planned as one change and brought about chain by chain", async () => {
  const since = Date.now();
  const plan = await fleet.run({ mode: "plan", ...funded() });
  expect(plan.outputs).toMatchObject({ findings: [], "can-apply": true });
  expect(plan.outputs.changes).toEqual({ install: IN_ORDER, change: [], retire: [] });
  expect(plan.outputs.funding).toHaveLength(PAYMENTS);

  const planDigest = String(plan.outputs["plan-digest"]);
  const { outputs, failure, summary } = await fleet.run({ ...funded(), planDigest });

  expect(failure).toBeUndefined();
  const isWhole = outputs.outcome === "done";
  const moved = outputs.moved as string[];
  claim("Agents of a matrix of chains and routes, brought about as one change", {
    ...{ tried: IN_ORDER.length, passed: isWhole ? moved.length : 0, unit: "agents", since },
  });
  expect(outputs).toMatchObject({ outcome: "done", moved: IN_ORDER });
  expect(outputs.funding).toHaveLength(PAYMENTS);
  // Of each route's set all three sign, and two are needed.
  expect(summary?.match(/\| 3 \| 2 \| 3 \|/g)).toHaveLength(ROUTES.length);
  const again = await fleet.run({ ...funded(), planDigest });
  expect(again.outputs).toMatchObject({ outcome: "done", moved: [], funding: [] });
}, 3_600_000);

test("one validator of the matrix that its set still counts on is not taken out of it", async () => {
  const [chain = ""] = CHAINS;
  const rest = (fleet.list.validators[chain] ?? []).slice(0, 2);
  const list = { ...fleet.list, validators: { ...fleet.list.validators, [chain]: rest } };

  const { outputs } = await fleet.run({ mode: "plan", ...funded(), set: common("v1") }, list);

  const retire = [`validator-${chain}-c`];
  expect(outputs.changes).toEqual({ install: [], change: [], retire });
  expect(outputs["can-apply"]).toBe(false);
  const findings = outputs.findings as { code: string; at: string }[];
  expect(findings).toMatchObject([{ code: "no-spare", at: retire[0] }]);
}, 600_000);
