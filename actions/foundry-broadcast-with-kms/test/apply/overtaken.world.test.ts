import { onEffect, sample } from "./effects.ts";
import { type Office, openOffice } from "./office.ts";
import { faultsIn } from "./state.ts";

/** Points before and after the effects of a run of these steps. */
const POINTS = 40;

const SHAPES = [{ name: "count" }, { name: "count" }];

let office: Office;

beforeAll(async () => {
  office = await openOffice();
});
afterEach(() => office.chain.chaos.forget());
afterAll(() => office?.world[Symbol.asyncDispose]());

test.each(sample(POINTS, 10))(
  "a run that stands still at point %i while another finishes the release ends as that one did",
  async (point) => {
    const plan = await office.plan(SHAPES);
    let overtaking: ReturnType<Office["release"]> | undefined;
    const off = onEffect(office, async (nth) => {
      if (nth !== point) return;
      overtaking = office.release(plan);
      await overtaking.catch(() => {});
    });

    const slow = await office.release(plan);

    off();
    const fast = await overtaking;
    if (fast) {
      expect(slow.outputs["manifest-digest"]).toBe(fast.outputs["manifest-digest"]);
      expect(slow.outputs.addresses).toEqual(fast.outputs.addresses);
    }
    expect(await faultsIn(office, plan)).toEqual([]);
  },
);
