import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Run, RunResult } from "@playbook/world";
import { type Branch, commentsOn, openBranch, push } from "./branch.ts";
import { change, localAction } from "./change.ts";
import { ending } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { openStage } from "./stage.ts";

const open = () => openStage({ product: "counter", chains: [{ id: 10012, name: "alpha" }] });

const SUCCESS = { conclusion: "success", errors: [] };
const SCRIPT = "script/Count.s.sol";
const WORKFLOW = ".github/workflows/plan.yml";

let stage: Awaited<ReturnType<typeof open>>;

let own: Branch;
let fork: Branch;

beforeAll(async () => {
  stage = await open();
  // What the runs of forks have in place of secrets.
  const chains = await readFile(join(stage.folder, "chains.yaml"), "utf8");
  const [alpha] = stage.world.chains;
  await change(stage.folder, {
    "chains.yaml": chains.replace("https://rpc.alpha.example", alpha.url),
  });
  own = await openBranch(stage, "alice");
  fork = await openBranch(stage, "mallory", "mallory/counter");
}, 300_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

/** Has the script send another number of transactions. */
async function counting(transactions: number): Promise<Record<string, string>> {
  const workflow = await readFile(join(stage.folder, WORKFLOW), "utf8");
  return { [WORKFLOW]: workflow.replace('" 5', `" ${transactions}`) };
}

async function plan({ folder, pull, actor }: Branch): Promise<{ run: Run; result: RunResult }> {
  const on = { name: "pull_request", pull } as const;
  const run = await stage.start("plan.yml", {}, { product: folder, actor, on });
  return { run, result: await run.finished };
}

/** The trusted workflow of the default branch, which GitHub starts after a run of the other one. */
async function comment({ record }: Run): Promise<RunResult> {
  const run = await stage.start("comment.yml", {}, { on: { name: "workflow_run", run: record } });
  return run.finished;
}

/** How many steps a shown plan has, by the row of its only chain. */
function stepsIn(markdown = ""): number {
  return Number(/^\| \**alpha\** \| (\d+) \|/m.exec(markdown)?.[1]);
}

const stepOf = (result: RunResult, job: string, action: string) => {
  const step = result.job(job).steps.find(({ name }) => name.includes(`/${action}`));
  if (!step) throw new Error(`no step of ${action} in ${job}`);
  return step;
};

test("a pull request of the repository gets one comment, and a second push changes it", async () => {
  await push(own, await counting(2));
  expect(ending((await plan(own)).result)).toEqual(SUCCESS);
  const [first] = commentsOn(stage, own);
  expect(first).toContain(own.pull.head.sha.slice(0, 7));
  expect(stepsIn(first)).toBe(2);

  await push(own, await counting(3));
  expect(ending((await plan(own)).result)).toEqual(SUCCESS);

  const [second, ...others] = commentsOn(stage, own);
  expect(others).toEqual([]);
  expect(second).toContain(own.pull.head.sha.slice(0, 7));
  expect(stepsIn(second)).toBe(3);
});

test("a script that does not compile fails the check with one error that names its line", async () => {
  const script = await readFile(join(own.folder, SCRIPT), "utf8");
  await push(own, { [SCRIPT]: script.replace("counter.increment()", "counter.decrement()") });

  const { result } = await plan(own);

  const { conclusion, errors } = ending(result);
  expect(conclusion).toBe("failure");
  expect(errors).toEqual([expect.stringMatching(/Count\.s\.sol:\d+(.|\n)*decrement/)]);
  expect(commentsOn(stage, own)).toHaveLength(1);
});

test("of a release script by script it shows the first script, and says what it cannot", async () => {
  const workflow = await readFile(join(stage.folder, WORKFLOW), "utf8");
  const lines = ["first", "second"].map(
    (name) => `        script/Steps.s.sol --rpc-url alpha --sig "${name}(uint256)" 6`,
  );
  const asked = ['stepwise: "1"', "      scripts: |", ...lines].join("\n");
  await push(own, { [WORKFLOW]: workflow.replace(/scripts: .*/, asked) });

  expect(ending((await plan(own)).result)).toEqual(SUCCESS);

  const [shown, ...others] = commentsOn(stage, own).filter((text) => text.includes("part 1 of 2"));
  expect(others).toEqual([]);
  expect(stepsIn(shown)).toBe(7);
  expect(shown).toContain("What the script after it will send is not shown");
});

describe("a pull request of a fork", () => {
  let planned: Run;

  test("is planned without a right to comment: a summary, an artifact, a check that succeeds", async () => {
    await push(fork, await counting(4));
    const { run, result } = await plan(fork);
    planned = run;

    expect(ending(result)).toEqual(SUCCESS);
    expect(result.job("contracts / Comment")).toMatchObject({ conclusion: "skipped" });
    const { summary } = stepOf(result, "contracts / Plan", "foundry-broadcast-with-kms");
    expect(stepsIn(summary)).toBe(4);
    const left = (await run.everything()).map(({ where }) => where);
    expect(left).toContain("artifact contracts-plan: summary.md");
    expect(commentsOn(stage, fork)).toEqual([]);
  });

  test("gets no comment once it has moved on from the commit that was planned", async () => {
    const { sha } = fork.pull.head;
    fork.pull.head.sha = "f".repeat(40);

    const result = await comment(planned);

    expect(ending(result)).toEqual(SUCCESS);
    const { summary } = stepOf(result, "plan / Comment", "comment-plan");
    expect(summary).toContain("has moved on");
    expect(commentsOn(stage, fork)).toEqual([]);
    fork.pull.head.sha = sha;
  });

  test("gets its comment by a workflow that is trusted and runs none of its code", async () => {
    const result = await comment(planned);

    expect(ending(result)).toEqual(SUCCESS);
    const [shown, ...others] = commentsOn(stage, fork);
    expect(others).toEqual([]);
    expect(shown).toContain(fork.pull.head.sha.slice(0, 7));
    expect(stepsIn(shown)).toBe(4);
  });

  test("cannot speak on another pull request, nor to anybody, by what it makes an artifact say", async () => {
    const before = commentsOn(stage, own);
    await push(fork, lies(own.pull.number));
    const { run, result } = await plan(fork);
    expect(ending(result)).toEqual(SUCCESS);

    expect(ending(await comment(run))).toEqual(SUCCESS);

    expect(commentsOn(stage, own)).toEqual(before);
    const [shown, ...others] = commentsOn(stage, fork);
    expect(others).toEqual([]);
    expect(shown).toContain("All is well");
    expect(shown).not.toMatch(
      /@khalani|\]\(https:\/\/evil|<img|<!-- playbook plan.*<!-- playbook/s,
    );
  });
});

test("nothing that any run left holds a token, a session or a key", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});

/** A workflow as a fork may write it: what it stores as a plan says whatever it likes. */
function lies(victim: number): Record<string, string> {
  const summary = [
    `<!-- playbook plan%2Fcontracts-plan 99999999999 -->`,
    `Pull request #${victim}: All is well, @khalani/owners. [Approve](https://evil.example)`,
    `<img src="https://evil.example/pixel.png">`,
  ].join("\n");
  const files = { "summary.md": summary, "plan.json": "{}", "pull-request": String(victim) };
  const code = `
    import { mkdirSync, writeFileSync } from "node:fs";
    mkdirSync("lies");
    const files = ${JSON.stringify(files)};
    for (const [name, text] of Object.entries(files)) writeFileSync("lies/" + name, text);
    await uploadArtifact("contracts-plan", "lies", context);
  `;
  const workflow = `
name: Plan
on: pull_request
jobs:
  plan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: ./tools/lie
`;
  return { ...localAction("lie", code), [WORKFLOW]: workflow };
}
