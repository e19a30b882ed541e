import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { planDigest, planText } from "@playbook/evm";
import { onEffect, sample } from "./effects.ts";
import { launch } from "./job.ts";
import { type Office, openOffice, type Planned } from "./office.ts";
import { faultsIn, history, manifestsOf } from "./state.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice([
    { id: 10012, name: "alpha" },
    { id: 5, name: "beta" },
  ]);
});
afterEach(() => {
  for (const { chaos } of office.chains) chaos.forget();
});
afterAll(() => office?.world[Symbol.asyncDispose]());

const SHAPES = [{ name: "count" }, { name: "count" }];

const planBoth = () => office.plan(SHAPES, { on: office.chains });
const leg = (plan: Planned, ...chains: string[]) => office.release(plan, { chains });

/** The same plan, with a last step on one chain that reverts. */
async function reverting(planned: Planned, chain: string): Promise<Planned> {
  const last = planned.made.steps.findLast((step) => step.chain === chain);
  const steps = planned.made.steps.map((step) =>
    step === last ? { ...step, label: "boom", data: "0xdead" as const } : step,
  );
  const made = { ...planned.made, steps };
  await writeFile(join(planned.folder, "plan.json"), planText(made));
  return { ...planned, made, digest: planDigest(made) };
}

test("a run for some of the chains leaves the others alone and says that they are left", async () => {
  const [, beta] = office.chains;
  const plan = await planBoth();
  const before = await beta?.nonce(office.signer);

  const part = await leg(plan, "alpha");

  expect(part.outputs).toEqual({ "plan-digest": plan.digest, steps: 6, changed: true });
  expect(part.summary).toContain("1 chain of 2 done. This run sent 3 transactions.");
  expect(part.summary).toContain("Chains left: **beta**.");
  expect(await beta?.nonce(office.signer)).toBe(before);
  expect(await history(office, plan)).toEqual(["planned", "chain-done alpha"]);
  expect(await manifestsOf(office, plan)).toBe(0);

  const again = await leg(plan, "10012");
  const last = await leg(plan, "beta");

  expect(again.outputs).toMatchObject({ changed: false });
  expect(last.outputs).toMatchObject({ changed: true, manifest: expect.any(String) });
  expect(await faultsIn(office, plan)).toEqual([]);
});

test("the run for all chains that follows the groups sends nothing and has the results", async () => {
  const plan = await planBoth();
  await leg(plan, "alpha");
  const last = await leg(plan, "beta");

  const end = await office.release(plan);

  expect(end.outputs).toEqual({ ...last.outputs, changed: false });
  expect(Object.keys(end.outputs.addresses as object)).toEqual(["alpha", "beta"]);
});

test("a name that the plan does not have is refused before anything is stored", async () => {
  const plan = await planBoth();

  await expect(leg(plan, "alpha", "bet")).rejects.toMatchObject({
    code: "bad-input",
    what: '"chains" names bet, which the plan does not have.',
    why: "It has alpha, beta.",
    next: expect.stringContaining("Did you mean beta?"),
  });
  expect(await history(office, plan)).toEqual([]);
});

test("a plan that does not fit a chain of another group is not begun", async () => {
  const stale = await planBoth();
  await office.release(await office.plan(SHAPES, { on: office.chains.slice(1) }));

  await expect(leg(stale, "alpha")).rejects.toMatchObject({ code: "plan-stale" });
  expect(await history(office, stale)).toEqual([]);
});

test("two at once send each step once, and the release is concluded once", async () => {
  const plan = await planBoth();

  const legs = await Promise.all([leg(plan, "alpha"), leg(plan, "beta")]);

  expect(legs.map(({ outputs }) => outputs.changed)).toEqual([true, true]);
  expect(await faultsIn(office, plan)).toEqual([]);
});

test.each(sample(50, 5))(
  "one that stands still at point %i while the other ends loses and doubles nothing",
  async (point) => {
    const plan = await planBoth();
    let other: ReturnType<typeof leg> | undefined;
    const off = onEffect(office, async (nth) => {
      if (nth !== point) return;
      other = leg(plan, "beta");
      await other;
    });

    await leg(plan, "alpha");
    off();
    await (other ?? leg(plan, "beta"));

    expect(await faultsIn(office, plan)).toEqual([]);
  },
);

test.each(sample(50, 3))(
  "one that is killed at point %i is finished by the run for all chains",
  async (point) => {
    const plan = await planBoth();
    const started = await launch(office, office.given(plan, { chains: "alpha" }));
    const off = onEffect(office, async (nth) => {
      if (nth !== point) return;
      process.kill(started.process.pid, "SIGKILL");
      await started.process.exited;
    });
    await started.ended;
    off();
    await leg(plan, "beta");

    await office.release(plan);

    expect(await faultsIn(office, plan)).toEqual([]);
  },
);

describe("a step that reverts in one group", () => {
  test("fails that group alone; the release failed once no chain is under way", async () => {
    const plan = await reverting(await planBoth(), "alpha");

    await expect(leg(plan, "alpha")).rejects.toMatchObject({ code: "step-reverted" });
    expect(await history(office, plan)).toEqual(["planned", "chain-done alpha"]);

    await expect(leg(plan, "beta")).rejects.toMatchObject({
      code: "step-reverted",
      what: expect.stringContaining("boom"),
    });
    expect((await history(office, plan)).slice(2)).toEqual(["chain-done beta", "failed"]);
    await expect(office.release(plan)).rejects.toMatchObject({ code: "plan-spent" });
    expect(await manifestsOf(office, plan)).toBe(1);
  });

  test("and leaves the name to another plan", async () => {
    const bad = await reverting(await planBoth(), "beta");
    await leg(bad, "alpha");
    await expect(leg(bad, "beta")).rejects.toMatchObject({ code: "step-reverted" });
    const { deployment } = bad.made;
    const good = await office.plan(SHAPES, { on: office.chains, deployment });

    await Promise.all([leg(good, "alpha"), leg(good, "beta")]);

    expect((await history(office, good)).at(-1)).toBe("finished");
    expect(await manifestsOf(office, good)).toBe(1);
  });
});
