import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OriginalGraphNode, Run } from "@playbook/world";
import { shell } from "../../scripts/tools.ts";
import { commitAll } from "../products/install.ts";
import { type Branch, commentsOn, openBranch, push } from "./branch.ts";
import { ending } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { openSubgraphStage } from "./subgraph-stage.ts";

const parts = new AsyncDisposableStack();
let stage: Awaited<ReturnType<typeof openSubgraphStage>>;

beforeAll(async () => {
  stage = await openSubgraphStage(parts);
}, 1_200_000);
afterAll(() => parts.disposeAsync());

type Answer = { data: { _meta: { deployment: string }; peers: unknown[] } };

async function ask(
  { queryUrl }: OriginalGraphNode,
  query: string,
  name = "acme/nexus",
): Promise<Answer> {
  const url = `${queryUrl}/subgraphs/name/${name}`;
  const answer = await fetch(url, { method: "POST", body: JSON.stringify({ query }) });
  return (await answer.json()) as Answer;
}

const outcome = (result: Awaited<ReturnType<typeof stage.release>>) => ({
  conclusion: result.conclusion,
  outputs: result.job("subgraph / Apply").outputs,
});

const served = (changed: string) => ({
  conclusion: "success",
  outputs: { state: "live", changed },
});

const META = "{ _meta { deployment } peers { id } }";

test("a product's subgraph is released, and the next one takes its place", async () => {
  const first = await stage.release();
  expect(outcome(first)).toMatchObject(served("true"));
  const before = await ask(stage.node, META);
  expect(before.data.peers).toHaveLength(2);
  expect(before.data._meta.deployment).toBe(outcome(first).outputs.deployment);

  const path = join(stage.folder, "subgraph.yaml");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("description:", "description: Once more."));
  await commitAll(stage.folder, "Once more");
  const second = await stage.release();

  expect(outcome(second)).toMatchObject(served("true"));
  const { data } = await ask(stage.node, META);
  expect(data._meta.deployment).toBe(outcome(second).outputs.deployment);
  expect(data._meta.deployment).not.toBe(before.data._meta.deployment);

  const again = await stage.release();
  expect(outcome(again)).toMatchObject(served("false"));
}, 1_200_000);

test("an earlier version is put back by hand, though the newer one has what it has not", async () => {
  const before = await ask(stage.node, META);
  const path = join(stage.folder, "schema.graphql");
  const text = await readFile(path, "utf8");
  await writeFile(path, `${text}\ntype Note @entity(immutable: true) { id: Bytes! }\n`);
  await commitAll(stage.folder, "Notes");
  expect(outcome(await stage.release())).toMatchObject(served("true"));
  await shell("git", ["-C", stage.folder, "reset", "--quiet", "--hard", "HEAD~1"]);

  const back = await stage.release({ rollback: "true" });

  expect(outcome(back)).toMatchObject(served("true"));
  expect(await ask(stage.node, META)).toEqual(before);
}, 1_200_000);

test("what breaks clients ends the run before anybody is asked, and what serves goes on", async () => {
  const path = join(stage.folder, "schema.graphql");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("timestamp: BigInt!", "timestamp: BigInt"));
  await commitAll(stage.folder, "Looser");
  const before = await ask(stage.node, META);

  const result = await stage.release();

  expect(result.conclusion).toBe("failure");
  expect(ending(result).errors.join()).toContain("Transfer.timestamp was BigInt! and is BigInt");
  expect(await ask(stage.node, META)).toEqual(before);
}, 600_000);

async function plan({ folder, pull, actor }: Branch): Promise<Run> {
  const on = { name: "pull_request", pull } as const;
  const run = await stage.start("plan.yml", { product: folder, actor, on });
  expect(ending(await run.finished)).toEqual({ conclusion: "success", errors: [] });
  return run;
}

async function follow(run: Run, workflow: string, approve = false) {
  const on = { name: "workflow_run", run: run.record } as const;
  const next = await stage.start(workflow, { on, ...(approve && { approve: true }) });
  return ending(await next.finished);
}

const SUCCESS = { conclusion: "success", errors: [] };

describe("a pull request", () => {
  let own: Branch;
  let fork: Branch;

  test("is shown what it breaks, and gets its subgraph on the staging node", async () => {
    const queries = { "queries/wrong.graphql": "{ transfers { id colour } }" };
    own = await openBranch(stage, "alice");
    await push(own, queries);
    const run = await plan(own);
    expect(commentsOn(stage, own)).toEqual([
      expect.stringMatching(/Transfer\.timestamp[\s\S]*was BigInt! and is BigInt[\s\S]*`wrong`/),
    ]);

    const before = await ask(stage.node, META);
    const previewed = await follow(run, "preview.yml");

    // Its own query is none: the preview is there, and its job says so.
    expect(previewed).toMatchObject({ conclusion: "failure" });
    const [, shown = "", ...others] = commentsOn(stage, own);
    expect(others).toEqual([]);
    expect(shown).toContain("has caught up");
    expect(shown).toContain("| `bridge` | as expected |");
    const { data } = await ask(stage.staging, META, "acme/nexus-pr-1");
    expect(data.peers).toHaveLength(2);
    expect(await ask(stage.node, META)).toEqual(before);
  }, 900_000);

  test("of a fork is told by a workflow that is trusted, and previewed once it is approved", async () => {
    fork = await openBranch(stage, "mallory", "mallory/subgraph");
    await push(fork, { "NOTES.md": "Mine." });
    const run = await plan(fork);
    expect(commentsOn(stage, fork)).toEqual([]);
    expect(await follow(run, "comment.yml")).toEqual(SUCCESS);
    expect(commentsOn(stage, fork)).toHaveLength(1);

    expect(await follow(run, "preview.yml", true)).toEqual(SUCCESS);

    expect(commentsOn(stage, fork)).toHaveLength(2);
    const { data } = await ask(stage.staging, META, "acme/nexus-pr-2");
    expect(data.peers).toHaveLength(2);
  }, 900_000);

  test("that is closed loses it, and what was missed is swept", async () => {
    for (const { pull } of [own, fork]) pull.state = "closed";
    const on = { name: "pull_request_target", pull: own.pull, action: "closed" } as const;
    const removed = await stage.start("preview.yml", { on });
    expect(ending(await removed.finished)).toEqual(SUCCESS);
    expect((await ask(stage.staging, META, "acme/nexus-pr-1")).data).toBeUndefined();
    expect((await ask(stage.staging, META, "acme/nexus-pr-2")).data).toBeDefined();

    const swept = await stage.start("sweep.yml", { on: { name: "schedule" } });
    expect(ending(await swept.finished)).toEqual(SUCCESS);
    expect((await ask(stage.staging, META, "acme/nexus-pr-2")).data).toBeUndefined();
  }, 600_000);
});

test("the token and every other secret are where they were given, and nowhere else", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
