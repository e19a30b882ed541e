import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonical, folderStore } from "@playbook/state";
import {
  type ChainDone,
  type DeploymentEvent,
  DeploymentRecord,
  deploymentName,
  getBlob,
  type Plan,
  planDigest,
  planText,
  putBlob,
  readChains,
} from "../src/index.ts";
import { counterPlan } from "./counter.ts";
import { GENESIS, GWEI, SIGNER } from "./standing.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deployment-"));
});
afterEach(() => rm(folder, { recursive: true }));

function planOf(release = "v1"): Plan {
  const entry = { name: "a", chainId: 1, rpcUrls: [{ http: "http://a" }] };
  const [metadata] = readChains(JSON.stringify(entry), "a");
  const chain = { name: "a", chainId: 1, genesis: GENESIS, firstNonce: 0, block: 0 };
  const fees = { fees: "eip1559", gasPrice: GWEI } as const;
  const planned = { ...chain, ...fees, metadata } as unknown as Plan["chains"][number];
  const plan = counterPlan(SIGNER, planned, []);
  return { ...plan, deployment: { ...plan.deployment, release } };
}

const recordOf = (plan = planOf(), writer = "one") =>
  new DeploymentRecord(folderStore(folder), plan.deployment, writer);

const done = (chain: string, outcome: ChainDone["outcome"] = "complete"): ChainDone => ({
  kind: "chain-done",
  chain,
  outcome,
  results: [],
});

const finished: DeploymentEvent = { kind: "finished", created: [] };

test("a name that was never used is new", async () => {
  expect(await recordOf().read()).toEqual({ stage: "new" });
});

test("its plan is stored before it is begun, and read back by the next run", async () => {
  const plan = planOf();
  await recordOf().begin(plan, []);

  const next = recordOf(plan, "two");
  const state = await next.read();
  expect(state).toMatchObject({ stage: "unfinished", plan: planDigest(plan) });
  expect(planDigest(await next.plan(planDigest(plan)))).toBe(planDigest(plan));
});

test("chains are done one by one, then it is finished", async () => {
  const record = recordOf();
  await record.begin(planOf(), []);
  await record.append(done("a"));
  expect(await recordOf().read()).toMatchObject({
    stage: "unfinished",
    done: new Map([["a", { outcome: "complete" }]]),
  });
  await record.append(finished);
  expect(await recordOf().read()).toMatchObject({ stage: "finished" });
});

test("a failed one gives its name free for another plan", async () => {
  const record = recordOf();
  await record.begin(planOf(), []);
  await record.append(done("a", "failed"));
  await record.append({ kind: "failed", chains: ["a"] });
  expect(await recordOf().read()).toEqual({ stage: "new" });

  const next = recordOf(planOf(), "two");
  await next.read();
  await next.begin(planOf(), []);
  const state = await recordOf().read();
  expect(state).toMatchObject({ stage: "unfinished", done: new Map() });
});

describe("a release that is given up", () => {
  const givenUp = async () => {
    const record = recordOf();
    await record.begin(planOf(), []);
    await record.append({ kind: "abandoning" });
    return record;
  };

  test("is continued by nobody from the moment on in which that is said", async () => {
    const late = recordOf(planOf(), "late");
    const record = await givenUp();
    await late.read();

    expect(await recordOf().read()).toMatchObject({ stage: "unfinished", abandoning: true });
    await expect(late.append(finished)).rejects.toMatchObject({ code: "plan-abandoned" });
    await record.append(done("a", "abandoned"));
    await expect(late.append({ kind: "failed", chains: [] })).rejects.toMatchObject({
      code: "plan-abandoned",
    });
  });

  test("gives its name free for another plan, and never for the same one", async () => {
    const record = await givenUp();
    await record.append({ kind: "abandoned" });
    expect(await recordOf().read()).toMatchObject({
      stage: "new",
      abandoned: { plan: planDigest(planOf()) },
    });

    const next = recordOf(planOf(), "two");
    await next.read();
    await expect(next.begin(planOf(), [])).rejects.toMatchObject({ code: "plan-abandoned" });
    await next.begin({ ...planOf(), commit: "c0ffee" }, []);
    expect(await recordOf().read()).toMatchObject({ stage: "unfinished", abandoning: false });
  });

  test("must be begun, and not finished", async () => {
    const giveUp = { kind: "abandoning" } as const;
    await expect(recordOf().append(giveUp)).rejects.toMatchObject({ code: "nothing-to-abandon" });

    const record = recordOf();
    await record.begin(planOf(), []);
    await record.append(finished);
    await expect(record.append(giveUp)).rejects.toMatchObject({
      code: "nothing-to-abandon",
      why: expect.stringContaining("is finished"),
    });
  });

  test("and that was begun anew takes nothing of a run that comes late for the old plan", async () => {
    const late = recordOf(planOf(), "late");
    const record = await givenUp();
    await late.read();
    await record.append({ kind: "abandoned" });
    await record.begin({ ...planOf(), commit: "c0ffee" }, []);

    await expect(late.append(done("a"))).rejects.toMatchObject({ code: "plan-closed" });
    expect(await recordOf().read()).toMatchObject({ stage: "unfinished", done: new Map() });
  });
});

test("an event is written once, by however many runs", async () => {
  const [one, two] = [recordOf(planOf(), "one"), recordOf(planOf(), "two")];
  await Promise.all([one.begin(planOf(), []), two.begin(planOf(), [])]);
  await Promise.all([one.append(done("a")), two.append(done("a")), two.append(done("b"))]);
  await Promise.all([one.append(finished), two.append(finished)]);

  const entries = await readdir(join(recordOf().where));
  expect(entries).toHaveLength(4);
  const state = await recordOf().read();
  expect(state.stage === "finished" && [...state.done.keys()].sort()).toEqual(["a", "b"]);
});

test("of two runs with different plans of one name the first decides, and the other is told", async () => {
  const [one, two] = [recordOf(planOf(), "one"), recordOf(planOf(), "two")];
  const other = { ...planOf(), commit: "c0ffee" };
  await one.begin(planOf(), []);

  await expect(two.begin(other, [])).rejects.toMatchObject({ code: "deployment-begun" });
  expect(await recordOf().read()).toMatchObject({ plan: planDigest(planOf()) });
});

test("a plan in which this release would read something else is not continued", async () => {
  const later = JSON.parse(planText(planOf()));
  later.steps[0].hint = "of a later release";
  const digest = await putBlob(folderStore(folder), Buffer.from(canonical(later)));

  await expect(recordOf().plan(digest)).rejects.toMatchObject({ code: "plan-unreadable" });
});

test("a plan whose object is gone or changed is not replaced by anything", async () => {
  const plan = planOf();
  await recordOf().begin(plan, []);
  const digest = planDigest(plan);
  await writeFile(join(folder, "blobs", digest.replace(":", "-")), "{}");

  await expect(recordOf().plan(digest)).rejects.toMatchObject({ code: "plan-lost" });
});

test("names are kept apart, whatever they are made of", async () => {
  const names = ["v1", "v1/..", "..", "a b", "a_20b", "V1", "ü"];
  for (const release of names) await recordOf(planOf(release)).begin(planOf(release), []);

  for (const release of names) {
    const state = await recordOf(planOf(release)).read();
    expect(state).toMatchObject({ plan: planDigest(planOf(release)) });
  }
});

test("a blob is stored once under its digest, and one that was changed is not given out", async () => {
  const store = folderStore(folder);
  const digest = await putBlob(store, Buffer.from("a"));
  expect(await putBlob(store, Buffer.from("a"))).toBe(digest);
  expect(Buffer.from((await getBlob(store, digest)) ?? "").toString()).toBe("a");

  await writeFile(join(folder, "blobs", digest.replace(":", "-")), "b");
  expect(await getBlob(store, digest)).toBeUndefined();
});

describe("a release in parts", () => {
  const part = (number: number): Plan => {
    const plan = planOf();
    return { ...plan, version: 2, deployment: { ...plan.deployment, part: number } };
  };

  test("has a history for each, with a name of its own", async () => {
    await recordOf(part(2)).begin(part(2), []);

    expect(await recordOf(part(1)).read()).toEqual({ stage: "new" });
    expect(await recordOf(part(2)).read()).toMatchObject({ stage: "unfinished" });
    expect(deploymentName(part(2).deployment)).toMatch(/ v1, part 2$/);
  });

  test("begins where a whole one would begin: only one of the two can", async () => {
    const whole = recordOf();
    await whole.read();
    await recordOf(part(1)).begin(part(1), []);

    await expect(whole.begin(planOf(), [])).rejects.toMatchObject({ code: "deployment-begun" });
  });
});
