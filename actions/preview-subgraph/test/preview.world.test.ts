import {
  type Github,
  type Permissions,
  type Pull,
  type Results,
  startGithub,
  startResults,
} from "@playbook/world";
import { openRealScene, quick, type Scene, TOKEN } from "../../deploy-subgraph/test/apply/scene.ts";
import { watch } from "../../deploy-subgraph/test/apply/watch.ts";
import type { Inputs } from "../src/run.ts";

const NAME = "acme/nexus";
const DAY_MS = 86_400_000;
const environment = { ...process.env };
const all: Permissions = { "pull-requests": "write", actions: "read" };

let scene: Scene;
let results: Results;
let github: Github;
let run: typeof import("../src/run.ts").run;
let count = 0;

beforeAll(async () => {
  scene = await openRealScene();
  results = await startResults();
  github = await startGithub({ results });
  // Octokit reads it once, as it is loaded.
  process.env.GITHUB_API_URL = github.url;
  ({ run } = await import("../src/run.ts"));
}, 600_000);
afterAll(async () => {
  process.env = environment;
  await github?.[Symbol.asyncDispose]();
  await results?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  Object.assign(scene.gate, { before: undefined, after: undefined });
  scene.gate.rise();
});

/** A repository of its own with a pull request, perhaps of a fork, and a build of its head. */
async function opened({
  from = "acme",
  queries = {} as Record<string, string>,
  fails = false,
} = {}) {
  count += 1;
  const repository = `acme/app-${count}`;
  github.repository(repository);
  const head = {
    ...{ repository: `${from}/app-${count}`, branch: "feature" },
    sha: String(count).padStart(40, "a"),
  };
  const pull = github.openPull(repository, { head });
  const name = `${NAME}-${count}x`;
  return { repository, pull, name, build: await scene.release(count, { queries, fails }) };
}

type Opened = Awaited<ReturnType<typeof opened>>;
type Over = Partial<Inputs> & { permissions?: Permissions };

const inputsOf = ({ repository, pull, name, build }: Opened, over: Over = {}): Inputs => {
  const { permissions = all, ...more } = over;
  return {
    ...{ mode: "deploy", artifact: "subgraph-plan", author: "github-actions[bot]", repository },
    ...{ name, folder: build.folder, head: labelOf(pull), headSha: pull.head.sha },
    ...{ runId: undefined, pullRequest: pull.number, reviewedEnvironment: undefined },
    ...{ admin: scene.gate.admin, adminToken: TOKEN, ipfs: scene.gate.ipfs },
    ...{ productionAdmin: "https://graph-admin.acme.example" },
    ...{ status: scene.node.statusUrl, query: scene.node.queryUrl, lag: 5 },
    ...{ wait: 10 * DAY_MS, deadline: 10 * DAY_MS, token: github.token(permissions, repository) },
    ...{ server: "https://github.com", turn: { run: 1, attempt: 1 } },
    ...more,
  };
};

const labelOf = ({ head }: Pull) => `${head.repository.split("/")[0]}:${head.branch}`;

const step = (one: Opened, over?: Over, context = quick()) => run(inputsOf(one, over), context);

const commentsOn = ({ repository, pull }: Opened) =>
  github
    .repository(repository)
    .comments.filter(({ issue }) => issue === pull.number)
    .map(({ body }) => body);

const live = ({ name, pull }: Opened) => scene.live(`${name}-pr-${pull.number}`);

test("a pull request has its subgraph under a name of its own, and is told how it stands", async () => {
  const one = await opened({
    queries: {
      "peers.graphql": "{ peers { id } }",
      "wrong.graphql": "{ reserves { id } }",
      "wrong.json": JSON.stringify({ data: { reserves: { $min: 1 } } }),
    },
  });
  await scene.node.slow(40);
  const client = watch(scene.node, one.name);

  const { outputs, failure } = await step(one);

  const url = `${scene.node.queryUrl}/subgraphs/name/${one.name}-pr-1`;
  expect(outputs).toMatchObject({ state: "synced", url, deployment: one.build.deployment });
  expect(await live(one)).toBe(one.build.deployment);
  const [comment = "", ...others] = commentsOn(one);
  expect(others).toEqual([]);
  expect(comment).toContain("has caught up");
  expect(comment).toContain("| `peers` | as expected |");
  expect(comment).toContain("| `wrong` | The answer differs |");
  expect(comment).toMatch(/^```diff\n {2}data\.reserves\n- \{"\$min":1\}\n\+ \[\]\n```$/m);
  expect(failure).toMatchObject({ code: "preview-failed", what: expect.stringContaining("1 of") });
  // The public name itself is nobody's.
  const answers = await client.end();
  expect(answers.some(({ data }) => data)).toBe(false);
});

test("one that takes long is told with how far it is, and ends well; the next push takes its place", async () => {
  const one = await opened();
  await scene.node.slow(0);
  const first = await step(one, { wait: 1_000 });
  expect(first.outputs).toMatchObject({ state: "syncing" });
  expect(first.failure).toBeUndefined();
  expect(commentsOn(one)[0]).toMatch(
    /is catching up[\s\S]*(Before its first block|Block \d+ of 4\d)/,
  );
  await scene.node.slow(undefined);

  one.pull.head.sha = "b".repeat(40);
  const build = await scene.release(500);
  const second = await step({ ...one, build }, { turn: { run: 2, attempt: 1 } });

  expect(second.outputs).toMatchObject({ state: "synced", deployment: build.deployment });
  expect(commentsOn(one)).toHaveLength(1);
  expect(commentsOn(one)[0]).toContain("bbbbbbb");
});

test("one that fails is told with the node's words", async () => {
  const one = await opened({ fails: true });

  const { outputs, failure } = await step(one);

  expect(outputs).toMatchObject({ state: "failed" });
  expect(failure).toMatchObject({ code: "preview-failed" });
  expect(commentsOn(one)[0]).toMatch(
    /failed\*\* while it was indexed[\s\S]*The node says at block 20/,
  );
});

test("what was closed or pushed to meanwhile is left alone", async () => {
  const one = await opened();
  const built = one.pull.head.sha;
  one.pull.head.sha = "c".repeat(40);
  expect((await step(one, { headSha: built })).outputs).toMatchObject({ state: "" });
  one.pull.head.sha = built;
  one.pull.state = "closed";
  expect((await step(one)).outputs).toMatchObject({ state: "" });
  expect(scene.gate.effects).toEqual([]);
  expect(commentsOn(one)).toEqual([]);
});

test("one that is closed while it is deployed is taken back", async () => {
  const one = await opened();
  scene.gate.after = async (effect) => {
    if (effect.startsWith("subgraph_deploy")) one.pull.state = "closed";
  };

  const { outputs } = await step(one);

  expect(outputs).toMatchObject({ state: "", removed: 0 });
  expect(await live(one)).toBeUndefined();
  expect(scene.gate.effects).toContain(`subgraph_remove ${one.name}-pr-1`);
});

test("a closed one is removed, as often as one likes; an open one stays", async () => {
  const one = await opened();
  await step(one);
  const stays = await step(one, { mode: "remove" });
  expect(stays.outputs).toMatchObject({ removed: 0 });
  expect(await live(one)).toBe(one.build.deployment);

  one.pull.state = "closed";
  const gone = await step(one, { mode: "remove", turn: { run: 3, attempt: 1 } });
  expect(gone.outputs).toMatchObject({ removed: 1 });
  expect(await live(one)).toBeUndefined();
  expect(commentsOn(one)[0]).toContain("was taken away");

  const again = await step(one, { mode: "remove", turn: { run: 4, attempt: 1 } });
  expect(again.outputs).toMatchObject({ removed: 0 });
});

test("a sweep takes away what was missed, and nothing else", async () => {
  const one = await opened();
  await step(one);
  const head = { ...one.pull.head, branch: "other", sha: "d".repeat(40) };
  const other = { ...one, pull: github.openPull(one.repository, { head }) };
  await step({ ...other, build: await scene.release(600) });
  one.pull.state = "closed";

  const swept = await step(one, { mode: "sweep", turn: { run: 5, attempt: 1 } });

  expect(swept.outputs).toMatchObject({ removed: 1 });
  expect(await live(one)).toBeUndefined();
  expect(await live(other)).toBeDefined();
  expect((await step(one, { mode: "sweep" })).outputs).toMatchObject({ removed: 0 });
});

test.each(["", "/rpc", "/"])(
  "the production node's admin is refused, at %p as well",
  async (path) => {
    const one = await opened();
    const productionAdmin = `${scene.gate.admin}${path}`;
    for (const mode of ["deploy", "remove", "sweep"] as const) {
      await expect(step(one, { mode, productionAdmin })).rejects.toMatchObject({
        code: "preview-not-apart",
      });
    }
    expect(scene.gate.effects).toEqual([]);
  },
);

test("a fork's is deployed where reviewers are demanded, and nowhere else", async () => {
  const one = await opened({ from: "mallory" });
  const asked = { reviewedEnvironment: "preview-forks" };
  await expect(step(one, asked)).rejects.toMatchObject({ code: "environment-unreviewed" });
  expect(scene.gate.effects).toEqual([]);

  const { environments } = github.repository(one.repository);
  environments.set("preview-forks", { reviewers: true });
  expect((await step(one, asked)).outputs).toMatchObject({ state: "synced" });
});

test("a build that repeats itself without end, or leads out of itself, is refused", async () => {
  const { writeFile } = await import("node:fs/promises");
  const bomb = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`);
  const texts = [`a0: &a0 [x]\n${bomb.join("\n")}`, "schema:\n  file: ../../../etc/passwd\n"];
  for (const text of texts) {
    const one = await opened({ from: "mallory" });
    await writeFile(`${one.build.folder}/subgraph/subgraph.yaml`, text);
    await expect(step(one)).rejects.toMatchObject({ code: "build-refused" });
  }
  expect(scene.gate.effects).toEqual([]);
});

test("without the right to read pull requests it says so", async () => {
  const one = await opened();
  for (const mode of ["deploy", "remove", "sweep"] as const) {
    await expect(step(one, { mode, permissions: {} })).rejects.toMatchObject({
      code: "permission-missing",
    });
  }
});

test("without the right to comment, or to see a fork's environment, it says so", async () => {
  const one = await opened();
  const reads: Permissions = { "pull-requests": "read", actions: "read" };
  await expect(step(one, { permissions: reads })).rejects.toMatchObject({
    code: "permission-missing",
  });
  const blind: Permissions = { "pull-requests": "write" };
  const asked = { permissions: blind, reviewedEnvironment: "preview-forks" };
  await expect(step(one, asked)).rejects.toMatchObject({ code: "permission-missing" });
});

test("neither token is in anything that it says", async () => {
  const one = await opened();
  const context = quick();
  const { token } = inputsOf(one);
  const report = await step(one, { token }, context);
  const wrong = await step(one, { adminToken: `${TOKEN}x` }).catch((error) => error);
  expect(wrong).toMatchObject({ code: "admin-refused" });

  const said = JSON.stringify([report, context.said, context.warnings, commentsOn(one), wrong]);
  for (const secret of [token, TOKEN]) expect(said + wrong.message).not.toContain(secret);
});

test.each([
  { mode: "deploy", over: { ipfs: undefined } },
  { mode: "deploy", over: { head: undefined } },
  { mode: "deploy", over: { headSha: undefined } },
  { mode: "deploy", over: { folder: undefined } },
  { mode: "remove", over: { pullRequest: undefined } },
] as const)("what $mode cannot do without is asked for", async ({ mode, over }) => {
  await expect(step(await opened(), { mode, ...over })).rejects.toMatchObject({
    code: "bad-input",
  });
});
