import { join } from "node:path";
import { type Chain, startWorld, type World } from "@playbook/world";
import type { Address, Plan } from "../src/index.ts";
import { counterPlan } from "./counter.ts";
import { type Rig, rigOn } from "./rig.ts";

let world: World<readonly [{ readonly id: 10012 }]>;
let rig: Rig;
let states = 0;

beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 10012 }] });
});
afterAll(() => world[Symbol.asyncDispose]());

beforeEach(async () => {
  const chain = world.chains[0] as Chain;
  await chain.restart();
  chain.chaos.calm();
  chain.chaos.forget();
  states += 1;
  rig = await rigOn(chain, join(world.dir, `state-${states}`));
});

const calls = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `count(${index})` }));

const counterOf = (plan: Plan) => plan.steps[0]?.creates[0]?.address as Address;

test("each step takes effect once, in order, and the ledger is closed", async () => {
  const plan = counterPlan(rig.key.address, rig.planned, calls(40));

  const { sent } = await rig.run(plan);

  expect(sent).toBe(41);
  expect(await rig.counted(counterOf(plan))).toBe(40);
  const { state } = await rig.ledger();
  expect(state).toMatchObject({ nonce: 41, open: null, last: { outcome: "complete" } });
  expect(rig.key.signatures).toBe(41);
});

test("a step that waits is signed after the receipts of what it depends on", async () => {
  const plan = counterPlan(rig.key.address, rig.planned, [
    { name: "count" },
    { name: "grantRole", after: [0, 1], waits: "role" },
    { name: "count", after: [0] },
  ]);

  await rig.run(plan);

  expect(await rig.counted(counterOf(plan))).toBe(3);
  expect(rig.chain.chaos.count("eth_sendRawTransaction")).toBe(4);
});

test("a reply that is lost after the transaction landed spends no second nonce", async () => {
  const method = "eth_sendRawTransaction";
  rig.chain.chaos.rule({ method, nth: 3, times: 5, action: { kind: "lose-reply" } });
  const plan = counterPlan(rig.key.address, rig.planned, calls(10));

  await rig.run(plan);

  expect(await rig.counted(counterOf(plan))).toBe(10);
  expect(rig.key.signatures).toBe(11);
});

test("what depends on a reverted step is not sent, and the plan is closed as failed", async () => {
  const plan = counterPlan(rig.key.address, rig.planned, [
    { name: "count" },
    { name: "boom", data: "0xdead" },
    { name: "grantRole", after: [0, 2], waits: "role" },
    { name: "count" },
  ]);

  await rig.run(plan);

  expect(await rig.counted(counterOf(plan))).toBe(1);
  const { state } = await rig.ledger();
  expect(state).toMatchObject({ nonce: 3, open: null, last: { outcome: "failed" } });
});
