import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { type Plan, planDigest, planText, readPlan } from "@playbook/evm";
import type { Chain } from "@playbook/world";
import { onEffect, sample } from "./effects.ts";
import { launch } from "./job.ts";
import { type Office, openOffice, type Planned } from "./office.ts";
import { signed } from "./signed.ts";
import { faultsIn, history, manifestsOf } from "./state.ts";

const LINES = ["script/One.s.sol", "script/Two.s.sol", "script/Three.s.sol"];
const SHAPES = [{ name: "count" }, { name: "count" }];
const REVERTING = [{ name: "count" }, { name: "boom", data: "0xdead" as const }];

let office: Office;
let releases = 0;

beforeAll(async () => {
  office = await openOffice([{ id: 10012 }, { id: 5 }]);
});
beforeEach(() => {
  releases += 1;
  office.aws.clearCalls();
});
afterEach(() => office.chain.chaos.forget());
afterAll(() => office?.world[Symbol.asyncDispose]());

/** A clock that runs so much faster; what is waited for still happens at its own pace. */
const hasty = (times: number): Clock => ({
  now: () => Date.now() * times,
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, ms / times));
  },
});

/** A whole plan of this test's release. */
const whole = () => office.plan(SHAPES, { deployment: { release: `steps-${releases}` } });

type Part = { before?: Planned; scripts?: string[]; shapes?: typeof SHAPES; on?: Chain[] };

/** The plan of a part, made now: on what is on the chain, and on the end of the part before. */
async function part(number: number, { before, scripts = LINES, shapes = SHAPES, on }: Part = {}) {
  const deployment = { release: `steps-${releases}`, part: number };
  const planned = await office.plan(shapes, { deployment, on });
  const stepwise = { scripts, after: before ? planDigest(before.made) : null };
  const made: Plan = { ...planned.made, version: 2, stepwise };
  await writeFile(join(planned.folder, "plan.json"), planText(made));
  return { ...planned, made, digest: planDigest(made) };
}

async function released(number: number, asked: Part = {}): Promise<Planned> {
  const planned = await part(number, asked);
  await office.release(planned);
  expect(await faultsIn(office, planned)).toEqual([]);
  return planned;
}

const json = async (folder: string, name: string) =>
  JSON.parse(await readFile(join(folder, name), "utf8"));

test("parts one after the other are one release: the last one has the results of all", async () => {
  const one = await released(1);
  const two = await released(2, { before: one });
  const three = await part(3, { before: two });

  const last = await office.release(three);

  expect(await faultsIn(office, three)).toEqual([]);
  expect(last.summary).toContain(`steps-${releases} · part 3 of 3`);
  const { release } = last.inputs;
  expect(Object.keys((await json(release, "addresses.json")).chain10012)).toEqual([
    "Counter",
    "Counter#2",
    "Counter#3",
  ]);
  expect(await json(release, "transactions.json")).toHaveLength(9);
  expect(readPlan(await readFile(join(release, "plan.json"), "utf8"))).toEqual(three.made);
});

test("the same parts again send nothing, and hand over what they have left behind", async () => {
  const one = await released(1);
  const two = await released(2, { before: one });
  const before = signed(office);

  // Of a finished part there is no new plan: its contracts are there.
  const again = await office.release(two, { planDigest: undefined });

  expect(again.outputs).toMatchObject({ changed: false, "plan-digest": two.digest });
  expect(signed(office)).toBe(before);
  expect(await json(again.inputs.release, "transactions.json")).toHaveLength(6);
  expect(await manifestsOf(office, two)).toBe(1);
});

test.each(sample(24, 3))(
  "a part that is killed at point %i is finished by the next run, and then the next part",
  async (point) => {
    const one = await released(1);
    const two = await part(2, { before: one });
    const started = await launch(office, office.given(two, { stepwise: "2" }));
    const off = onEffect(office, async (nth) => {
      if (nth !== point) return;
      process.kill(started.process.pid, "SIGKILL");
      await started.process.exited;
    });
    await started.ended;
    off();

    await office.release(one, { planDigest: undefined });
    await office.release(two);

    expect(await faultsIn(office, two)).toEqual([]);
    await released(3, { before: two });
  },
);

/** A run of a part that cannot send. */
async function broken(planned: Planned): Promise<void> {
  const send = { method: "eth_sendRawTransaction", times: Number.POSITIVE_INFINITY };
  const cut = office.chain.chaos.rule({ ...send, action: { kind: "drop" } });
  const context = contextForTests({ clock: hasty(50) });
  await expect(office.release(planned, {}, context)).rejects.toMatchObject({
    code: "rpc-unreachable",
  });
  cut.remove();
}

test("a part is sent by groups of chains, too, and the next one when all of them are done", async () => {
  const one = await part(1, { on: office.chains });
  const two = await part(2, { on: office.chains, before: one });
  await office.release(one, { chains: ["chain5"] });
  await expect(office.release(two, { chains: ["chain5"] })).rejects.toMatchObject({
    code: "part-not-due",
  });
  await office.release(one, { chains: ["chain10012"] });
  expect(await faultsIn(office, one)).toEqual([]);

  const next = await part(2, { on: office.chains, before: one });
  await office.release(next, { chains: ["chain5"] });
  await office.release(next, { chains: ["chain10012"] });
  expect(await faultsIn(office, next)).toEqual([]);
});

describe("a part is not sent", () => {
  const refused = async (planned: Planned, error: object) => {
    const before = signed(office);
    await expect(office.release(planned)).rejects.toMatchObject(error);
    expect(signed(office)).toBe(before);
    expect(await history(office, planned)).toEqual([]);
  };

  test("before the part before it is begun, or with nothing planned at all", async () => {
    const one = await part(1);
    const two = await part(2, { before: one });
    const notDue = {
      code: "part-not-due",
      what: `It is not the turn of acme/counter production steps-${releases}, part 2.`,
      why: expect.stringContaining("Part 1 is not begun"),
      next: "Run `stepwise: 1` of this release to its end, then this one.",
    };
    await refused(two, notDue);
    await expect(office.release(two, { planDigest: undefined })).rejects.toMatchObject(notDue);
  });

  test("while the part before it is unfinished, or has failed", async () => {
    const one = await part(1, { shapes: REVERTING });
    const two = await part(2, { before: one });
    await broken(one);
    await refused(two, { code: "part-not-due", why: expect.stringContaining("is not finished") });

    await expect(office.release(one)).rejects.toMatchObject({ code: "step-reverted" });
    await refused(two, { code: "part-not-due", why: expect.stringContaining("is not begun") });
  });

  test("when it was planned on another end than the one that is on the chain", async () => {
    const other = await part(1);
    const one = await released(1, { shapes: [{ name: "count" }] });

    await refused(await part(2, { before: other }), {
      code: "plan-stale",
      why: `It goes on from plan ${other.digest}; on the chains is plan ${one.digest}.`,
    });
  });

  test("when the scripts have become others since", async () => {
    const one = await released(1);
    const scripts = ["script/One.s.sol", "script/Else.s.sol", "script/Three.s.sol"];

    await refused(await part(2, { before: one, scripts }), {
      code: "scripts-changed",
      what: "Line 2 of `scripts` is another than when this release began.",
    });
  });

  test("when its plan is for another part", async () => {
    const one = await released(1);
    const two = await part(2, { before: one });
    const deployment = { ...two.made.deployment, part: 3 };

    await expect(office.release(two, { deployment })).rejects.toMatchObject({
      code: "plan-changed",
      why: 'It says "2"; this run is for "3".',
    });
  });
});

describe("a release goes on as it began", () => {
  test("in parts: it is not sent as a whole, before and after the first part's end", async () => {
    await released(1);
    await expect(office.release(await whole())).rejects.toMatchObject({
      code: "release-divided",
      next: expect.stringContaining("Give `stepwise`"),
    });
  });

  test("as a whole: it is not sent in parts, the first one or a later one", async () => {
    const all = await whole();
    await office.release(all);
    const divided = { code: "release-divided", next: expect.stringContaining("Leave `stepwise`") };
    await expect(office.release(await part(1))).rejects.toMatchObject(divided);
    await expect(office.release(await part(2, { before: all }))).rejects.toMatchObject(divided);
    expect(await history(office, all)).toHaveLength(3);
  });
});
