import type { Chain } from "@playbook/world";
import { onEffect, sample } from "../apply/effects.ts";
import { attempt, launch } from "../apply/job.ts";
import { type Office, openOffice } from "../apply/office.ts";
import { history } from "../apply/state.ts";
import { calls, handsIn } from "./halted.ts";
import { judge } from "./judge.ts";

/** Points before and after the effects of a run that gives up two chains, and some to spare. */
const POINTS = 80;

let office: Office;

beforeAll(async () => {
  office = await openOffice([{ id: 10012 }, { id: 5 }]);
});
afterEach(() => {
  for (const { chaos } of office.chains) chaos.forget();
});
afterAll(() => office?.world[Symbol.asyncDispose]());

const { abandoning, halted } = handsIn(() => office);

/** A release that is unfinished on two chains, some of its nonces signed and not sent. */
async function begun() {
  const [one, two] = office.chains as [Chain, Chain];
  const plan = await office.plan(calls(6), { on: [one, two] });
  await halted(one, plan, 2);
  return plan;
}

test("the points cover a whole run", async () => {
  const plan = await begun();
  let points = 0;
  const off = onEffect(office, () => {
    points += 1;
  });
  await attempt(abandoning(plan));
  off();

  expect(points).toBeGreaterThan(POINTS / 3);
  expect(points).toBeLessThanOrEqual(POINTS);
});

test.each(sample(POINTS, 4))(
  "killed at point %i of its effects, giving up is finished by one more run",
  async (point) => {
    const plan = await begun();
    const { process: started, ended } = await launch(office, abandoning(plan));
    const off = onEffect(office, async (nth) => {
      if (nth !== point) return;
      process.kill(started.pid, "SIGKILL");
      await started.exited;
    });
    await ended;
    off();

    const { outputs } = await attempt(abandoning(plan));

    const { faults, effective } = await judge(office, plan);
    expect(faults).toEqual([]);
    expect((await history(office, plan)).at(-1)).toBe("abandoned");
    const made = plan.made.steps.filter(({ id, creates }) => effective.includes(id) && creates[0]);
    const told = Object.values(outputs.addresses as Record<string, object>).flatMap(Object.values);
    expect(told).toEqual(made.flatMap(({ creates }) => creates.map(({ address }) => address)));
  },
);

test("two runs at once are harmless", async () => {
  const plan = await begun();
  const jobs = await Promise.all([1, 2].map(() => launch(office, abandoning(plan))));

  const ended = await Promise.all(jobs.map((job) => job.ended));

  expect(ended.map(({ code, summary }) => ({ code, summary }))).toEqual([
    { code: 0, summary: expect.stringContaining("Given up") },
    { code: 0, summary: expect.stringContaining("Given up") },
  ]);
  expect((await judge(office, plan)).faults).toEqual([]);
});

/** At which call of KMS of the run that sends the other one begins; the first is on trial. */
test.each(process.env.PLAYBOOK_FULL ? [2, 4, 6, 8, 10, 12, 14] : [3, 10])(
  "a run that is sending when another gives the release up, at signature %i, ends and says so",
  async (nth) => {
    const [one, two] = office.chains as [Chain, Chain];
    const plan = await office.plan(calls(12), { on: [one, two] });
    const { ended } = await launch(office, office.given(plan, { window: "2" }));
    let signatures = 0;
    const given = new Promise<void>((resolve) => {
      const off = office.aws.onCall(({ operation, phase }) => {
        if (operation !== "Sign" || phase !== "before") return;
        signatures += 1;
        if (signatures < nth) return;
        off();
        resolve();
      });
    });
    await given;
    const abandoned = await attempt(abandoning(plan));
    const { code, output } = await ended;

    expect(abandoned.summary).toContain("Given up");
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringMatching(/given up[\s\S]*code: plan-abandoned/),
    });
    expect((await judge(office, plan)).faults).toEqual([]);
    expect((await history(office, plan)).at(-1)).toBe("abandoned");
  },
);
