import type { Chain } from "@playbook/world";
import { attempt, launch } from "../apply/job.ts";
import { type Office, openOffice } from "../apply/office.ts";
import { history, manifestsOf } from "../apply/state.ts";
import { calls, handsIn } from "./halted.ts";
import { judge } from "./judge.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice([{ id: 10012 }, { id: 5 }]);
});
afterEach(() => {
  for (const { chaos } of office.chains) {
    chaos.calm();
    chaos.forget();
  }
});
afterAll(() => office?.world[Symbol.asyncDispose]());

const { abandoning, halted } = handsIn(() => office);

test("a release that died in the middle is given up: the rest never happens, what stands is listed", async () => {
  const plan = await office.plan(calls(9));
  await halted(office.chain, plan, 3, 1);

  const { outputs, summary } = await attempt(abandoning(plan));

  const { faults, effective } = await judge(office, plan);
  expect(faults).toEqual([]);
  expect(effective.length).toBeLessThan(10);
  expect(await history(office, plan)).toEqual([
    "planned",
    "abandoning",
    "chain-done chain10012",
    "abandoned",
  ]);
  expect(outputs).toMatchObject({
    changed: true,
    addresses: { chain10012: { Counter: plan.made.steps[0]?.creates[0]?.address } },
  });
  expect(summary).toContain(`${effective.length} of 10 steps took effect`);
  expect(await manifestsOf(office, plan)).toBe(1);
});

test("given up again, it is the same; its plan is refused, and a new one under its name goes through", async () => {
  const plan = await office.plan(calls(4));
  await halted(office.chain, plan, 2);
  const first = await attempt(abandoning(plan));

  const again = await attempt(abandoning(plan));

  expect(again.outputs).toMatchObject({
    changed: false,
    manifest: first.outputs.manifest,
    "manifest-digest": first.outputs["manifest-digest"],
  });
  await expect(office.release(plan)).rejects.toMatchObject({ code: "plan-abandoned" });
  const next = await office.plan(calls(1), { deployment: plan.made.deployment });
  await expect(office.release(next)).resolves.toMatchObject({ outputs: { changed: true } });
  expect((await history(office, plan)).slice(-3)).toEqual([
    "planned",
    "chain-done chain10012",
    "finished",
  ]);
});

test("a release of which nothing was signed yet is given up without a transaction", async () => {
  const plan = await office.plan(calls(2));
  const { process: started, ended } = await launch(office, office.given(plan));
  let signatures = 0;
  const off = office.aws.onCall(async ({ operation, phase }) => {
    if (operation !== "Sign" || phase !== "before") return;
    signatures += 1;
    // The first is on trial, before anything is begun.
    if (signatures < 2) return;
    process.kill(started.pid, "SIGKILL");
    await started.exited;
  });
  await ended;
  off();
  const before = await office.chain.nonce(office.signer);

  const { outputs, summary } = await attempt(abandoning(plan));

  expect(await office.chain.nonce(office.signer)).toBe(before);
  expect(outputs).toMatchObject({ changed: false, addresses: { chain10012: {} } });
  expect(summary).toContain("It has made no contract.");
  expect((await judge(office, plan)).faults).toEqual([]);
});

test("on several chains it ends on each, wherever that stands, and frees the key for others", async () => {
  const [one, two] = office.chains as [Chain, Chain];
  const plan = await office.plan(calls(6), { on: [one, two] });
  const other = await office.plan(calls(1), { on: [two] });
  await halted(two, plan, 2);
  await expect(office.release(other)).rejects.toMatchObject({
    code: "plan-open",
    next: expect.stringContaining("mode: abandon"),
  });

  const { summary } = await attempt(abandoning(plan));

  expect((await judge(office, plan)).faults).toEqual([]);
  expect(summary).toContain("**chain5**");
  const next = await office.plan(calls(1), { on: [two] });
  await expect(office.release(next)).resolves.toMatchObject({ outputs: { changed: true } });
});

describe("there is nothing to give up", () => {
  test("of a release that was never begun", async () => {
    const plan = await office.plan([]);
    await expect(attempt(abandoning(plan))).rejects.toMatchObject({
      code: "nothing-to-abandon",
      why: expect.stringContaining("No release of that name"),
    });
  });

  test("of a release that is finished", async () => {
    const plan = await office.plan([]);
    await office.release(plan);
    await expect(attempt(abandoning(plan))).rejects.toMatchObject({
      code: "nothing-to-abandon",
      why: expect.stringContaining("is finished"),
    });
  });
});
