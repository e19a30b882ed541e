import { onEffect, sample } from "./effects.ts";
import { launch } from "./job.ts";
import { type Office, openOffice } from "./office.ts";
import { faultsIn } from "./state.ts";

/** Points before and after the effects of a run of these steps, and some to spare. */
const POINTS = 60;

const SHAPES = [
  { name: "count" },
  { name: "count" },
  { name: "grantRole", after: [0, 1], waits: "role" as const },
  { name: "count" },
];

let office: Office;

beforeAll(async () => {
  office = await openOffice();
});
afterEach(() => office.chain.chaos.forget());
afterAll(() => office?.world[Symbol.asyncDispose]());

test("the points cover a whole run", async () => {
  const plan = await office.plan(SHAPES);
  let points = 0;
  const off = onEffect(office, () => {
    points += 1;
  });

  await office.release(plan, { window: 2 });

  off();
  expect(points).toBeGreaterThan(40);
  expect(points).toBeLessThanOrEqual(POINTS);
});

test.each(sample(POINTS, 8))(
  "killed at point %i of its effects, a release is finished by one more run",
  async (point) => {
    const plan = await office.plan(SHAPES);
    const { process: started, ended } = await launch(office, office.given(plan, { window: "2" }));
    const off = onEffect(office, async (nth) => {
      if (nth !== point) return;
      process.kill(started.pid, "SIGKILL");
      await started.exited;
    });
    const { code, signal } = await ended;
    off();
    expect(signal ?? code).toEqual(code === null ? "SIGKILL" : 0);

    await office.release(plan, { window: 2 });

    expect(await faultsIn(office, plan)).toEqual([]);
  },
);
