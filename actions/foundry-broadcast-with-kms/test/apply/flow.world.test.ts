import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError, type Clock, cancelled } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { launch } from "./job.ts";
import { type Office, openOffice } from "./office.ts";
import { signed } from "./signed.ts";
import { faultsIn, history, manifestsOf } from "./state.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice([{ id: 10012 }, { id: 5 }]);
});
beforeEach(() => office.aws.clearCalls());
afterEach(() => {
  for (const { chaos } of office.chains) {
    chaos.calm();
    chaos.forget();
  }
});
afterAll(() => office?.world[Symbol.asyncDispose]());

const calls = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `count(${index})` }));

/** A clock that runs so much faster; what is waited for still happens at its own pace. */
const hasty = (times: number): Clock => ({
  now: () => Date.now() * times,
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, ms / times));
  },
});

describe("releases one after the other", () => {
  test("each adds to the manifest, and the older one run again changes nothing", async () => {
    const first = await office.plan(calls(1));
    const one = await office.release(first);
    expect(await faultsIn(office, first)).toEqual([]);
    const second = await office.plan(calls(2));
    const two = await office.release(second);

    const again = await office.release(first);

    expect(again.outputs).toMatchObject({
      changed: false,
      manifest: one.outputs.manifest,
      "manifest-digest": one.outputs["manifest-digest"],
    });
    expect(two.outputs.manifest).not.toBe(one.outputs.manifest);
    expect(await faultsIn(office, second)).toEqual([]);
    expect(await manifestsOf(office, first)).toBe(1);
  });

  test("a second one waits for the first, which goes on without being named by its digest", async () => {
    const { chain } = office;
    const first = await office.plan(calls(3));
    const second = await office.plan(calls(1));
    const cut = chain.chaos.rule({
      method: "eth_sendRawTransaction",
      nth: 2,
      times: Number.POSITIVE_INFINITY,
      action: { kind: "drop" },
    });
    await expect(
      office.release(first, {}, contextForTests({ clock: hasty(50) })),
    ).rejects.toMatchObject({ code: "rpc-unreachable" });
    cut.remove();

    await expect(office.release(second)).rejects.toMatchObject({
      code: "plan-open",
      what: expect.stringContaining(first.made.deployment.release),
    });
    const goOn = { planDigest: undefined };
    const misspelt = [{ name: "chain1012", wei: 1n }];
    await expect(office.release(first, { ...goOn, budget: misspelt })).rejects.toMatchObject({
      code: "bad-input",
    });
    await office.release(first, goOn);
    expect(await faultsIn(office, first)).toEqual([]);
    expect(await manifestsOf(office, second)).toBe(0);
  });
});

describe("a release that fails", () => {
  const shapes = [{ name: "count" }, { name: "boom", data: "0xdead" as const }, { name: "count" }];

  test("names the step; its plan is not tried again, a new one under its name is", async () => {
    const bad = await office.plan(shapes);
    const { deployment } = bad.made;

    await expect(office.release(bad)).rejects.toMatchObject({
      code: "step-reverted",
      what: expect.stringContaining("boom"),
      why: expect.stringMatching(/They made Counter at 0x\w+, which is part of no release\./),
      next: expect.stringContaining("planned anew"),
    });
    await expect(office.release(bad)).rejects.toMatchObject({
      code: "plan-spent",
      next: expect.stringContaining("run all jobs of the workflow again"),
    });
    const good = await office.plan(calls(2), { deployment });
    const { outputs, summary, inputs } = await office.release(good);
    expect(outputs).toMatchObject({ changed: true });

    expect(await history(office, good)).toEqual([
      "planned",
      "chain-done chain10012",
      "failed",
      "planned",
      "chain-done chain10012",
      "finished",
    ]);
    expect(await manifestsOf(office, bad)).toBe(1);
    expect(await manifestsOf(office, good)).toBe(1);

    // What the first attempt put on the chain is told apart from what the release is.
    const left = bad.made.steps[0]?.creates[0]?.address ?? "";
    expect(summary).toMatch(new RegExp(`Left behind by earlier attempts[\\s\\S]*${left}.*failed`));
    const manifest = JSON.parse(await readFile(join(inputs.release, "manifest.json"), "utf8"));
    const { contracts } = manifest.chains.chain10012;
    expect(contracts.find(({ address }: { address: string }) => address === left)).toMatchObject({
      left: "failed",
      release: deployment.release,
    });
    expect(contracts.at(-1)).not.toHaveProperty("left");
    expect(manifest).not.toHaveProperty("origin");
  });

  test("on one chain and is out of reach on another says both, and ends with the revert", async () => {
    const [one, two] = office.chains;
    if (!one || !two) throw new Error("The office has two chains.");
    const plan = await office.plan(shapes, { on: [one, two] });
    const method = "eth_sendRawTransaction";
    const action = { kind: "drop" } as const;
    const cut = two.chaos.rule({ method, times: Number.POSITIVE_INFINITY, action });

    const context = contextForTests({ clock: hasty(50) });
    await expect(office.release(plan, {}, context)).rejects.toMatchObject({
      code: "rpc-unreachable",
      why: expect.stringMatching(/Also: boom .*reverted on chain10012/),
    });
    cut.remove();

    await expect(office.release(plan)).rejects.toMatchObject({ code: "step-reverted" });
    expect((await history(office, plan)).at(-1)).toBe("failed");
  });
});

describe("a release on two chains", () => {
  test("goes on where it can when one of them is gone, and is finished by the next run", async () => {
    const [one, two] = office.chains;
    if (!one || !two) throw new Error("The office has two chains.");
    const plan = await office.plan(calls(6), { on: [one, two] });
    const gone = two.chaos.rule({
      method: "eth_sendRawTransaction",
      nth: 3,
      times: Number.POSITIVE_INFINITY,
      action: { kind: "drop" },
    });

    const context = contextForTests({ clock: hasty(50) });
    await expect(office.release(plan, {}, context)).rejects.toMatchObject({
      code: "rpc-unreachable",
      what: "No RPC endpoint of chain5 answers.",
    });
    expect(await history(office, plan)).toEqual(["planned", "chain-done chain10012"]);
    const before = signed(office);
    gone.remove();

    const next = await office.release(plan);

    expect(next.outputs).toMatchObject({ changed: true, steps: 14 });
    expect(signed(office)).toBe(Math.max(before, 14));
    expect(await faultsIn(office, plan)).toEqual([]);
  });
});

describe("the key", () => {
  test.each(["id", "alias", "alias's ARN"])("may be given by its %s", async (form) => {
    const { KeyArn, aws } = office;
    const forms: Record<string, string | undefined> = {
      id: KeyArn.split("/")[1],
      alias: "alias/counter-prod-contracts",
      "alias's ARN": `arn:aws:kms:${aws.region}:${aws.accountId}:alias/counter-prod-contracts`,
    };
    const plan = await office.plan([]);

    await office.release(plan, { key: forms[form] ?? "" });

    expect(await faultsIn(office, plan)).toEqual([]);
  });
});

describe("what is allowed and may be meant otherwise", () => {
  test("a URL for a chain that the plan does not have is warned of, without the URL", async () => {
    const plan = await office.plan([]);
    const rpcUrls = [{ name: "chain1012", value: "https://rpc.example/hunter2" }];

    const { context } = await office.release(plan, { rpcUrls });

    expect(context.warnings).toEqual([expect.stringContaining("names chain1012")]);
    expect(context.warnings.join()).not.toContain("hunter2");
  });

  test("state in a folder of a machine that goes away is warned of", async () => {
    process.env.RUNNER_ENVIRONMENT = "github-hosted";
    const plan = await office.plan([]);
    const context = contextForTests();

    const running = office.release(plan, { state: join(office.world.dir, "state") }, context);

    // The key has a ledger already, and not there.
    await expect(running).rejects.toMatchObject({ code: "key-used-before" });
    delete process.env.RUNNER_ENVIRONMENT;
    expect(context.warnings).toEqual([expect.stringContaining("gone with this machine")]);
  });
});

test("a node of three that lies of its chain is outvoted, and named by its host", async () => {
  const plan = await office.plan(calls(3));
  const nodes = await Promise.all([1, 2, 3].map(() => office.chain.node()));
  const as = () => "0x539";
  const times = Number.POSITIVE_INFINITY;
  nodes[0]?.chaos.rule({ method: "eth_chainId", times, action: { kind: "lie", as } });
  const { name } = office.chain;
  const rpcUrls = nodes.map(({ url }) => ({ name, value: `${url}/hunter2` }));

  const { context } = await office.release(plan, { rpcUrls });

  const host = new URL(nodes[0]?.url ?? "").host;
  expect(context.warnings).toEqual([expect.stringContaining(`${name}: ${host} contradicts`)]);
  expect(context.warnings.join()).not.toContain("hunter2");
  expect(await faultsIn(office, plan)).toEqual([]);
});

test("a node without the code that a release has made ends it; one in sync finishes it", async () => {
  const plan = await office.plan(calls(2));
  const { chaos, name } = office.chain;
  const as = () => "0x";
  const times = Number.POSITIVE_INFINITY;
  const lie = chaos.rule({ method: "eth_getCode", times, action: { kind: "lie", as } });

  await expect(office.release(plan)).rejects.toMatchObject({
    code: "no-code",
    what: `${name} has no code for Counter at ${plan.made.steps[0]?.creates[0]?.address}.`,
    next: expect.stringContaining("a node that is in sync"),
  });
  lie.remove();

  expect((await office.release(plan)).outputs).toMatchObject({ changed: false });
  expect(await faultsIn(office, plan)).toEqual([]);
});

describe("a release through faults of AWS", () => {
  test("whose sessions end again and again sends each step once", async () => {
    const plan = await office.plan(calls(20));
    let seen = 0;
    const off = office.aws.onCall(({ phase, service }) => {
      if (phase !== "after" || service === "sts") return;
      seen += 1;
      if (seen % 10 === 0) office.aws.expireSessions();
    });

    await office.release(plan);

    off();
    expect(await faultsIn(office, plan)).toEqual([]);
  });

  test("that breaks off, loses replies and is overloaded sends each step once", async () => {
    const plan = await office.plan(calls(20));
    const put = { operation: "PutObject" };
    office.aws.fault({ do: "lose reply", match: put, nth: 2, times: 3 });
    office.aws.fault({ do: "answer 412 though won", match: put, nth: 7, times: 3 });
    office.aws.fault({ do: "status", status: 503, match: put, nth: 11 });
    office.aws.fault({ do: "status", status: 500, match: { operation: "Sign" }, nth: 4, times: 3 });
    office.aws.fault({ do: "break before", match: { operation: "GetObject" }, nth: 2, times: 2 });

    await office.release(plan);

    expect(await faultsIn(office, plan)).toEqual([]);
  });
});

describe("two runs of the same release at once", () => {
  test.each([1, 2, 3])("send each step once and leave one manifest (%i)", async () => {
    const plan = await office.plan(calls(12));
    const jobs = await Promise.all([1, 2].map(() => launch(office, office.given(plan))));

    const ended = await Promise.all(jobs.map(({ ended }) => ended));

    expect(ended.map(({ code, summary }) => ({ code, summary }))).toEqual([
      { code: 0, summary: expect.stringContaining("all final") },
      { code: 0, summary: expect.stringContaining("all final") },
    ]);
    expect(await faultsIn(office, plan)).toEqual([]);
    const digests = ended.map(({ outputs }) => outputs["manifest-digest"]);
    expect(new Set(digests).size).toBe(1);
  });
});

describe("a cancelled release", () => {
  test("starts nothing more, and is finished by the next run", async () => {
    const plan = await office.plan(calls(12));
    const context = contextForTests();
    const reason = cancelled("It got SIGINT: somebody cancelled it.");
    const off = office.chain.chaos.onCall((phase, { method }) => {
      if (phase === "before" && method === "eth_sendRawTransaction") context.stop.abort(reason);
    });

    await expect(office.release(plan, { window: 4 }, context)).rejects.toBe(reason);
    off();
    expect(reason).toBeInstanceOf(ActionError);

    await office.release(plan);
    expect(await faultsIn(office, plan)).toEqual([]);
  });

  test("as GitHub cancels it leaves a summary that says how to go on", async () => {
    const plan = await office.plan(calls(12));
    const { process: started, ended } = await launch(office, office.given(plan, { window: "2" }));
    const off = office.chain.chaos.onCall((phase, { method }) => {
      if (phase === "before" && method === "eth_sendRawTransaction") {
        process.kill(started.pid, "SIGINT");
      }
    });

    const { code, output, summary } = await ended;

    off();
    expect(code).toBe(1);
    expect(output).toContain("code: cancelled");
    expect(summary).toContain("It got SIGINT");
    expect(summary).toContain("goes on from what is stored");
    await office.release(plan);
    expect(await faultsIn(office, plan)).toEqual([]);
  });
});
