import { contextForTests, type TestContext } from "@playbook/action/testing";
import type { Permissions } from "@playbook/world";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
let connect: typeof import("../src/index.ts").connect;
let keepComment: typeof import("../src/index.ts").keepComment;
let findPull: typeof import("../src/index.ts").findPull;

const owner = "khalani";
const rights: Permissions = { "pull-requests": "write" };

beforeAll(async () => {
  stage = await openStage();
  ({ connect, keepComment, findPull } = await import("../src/index.ts"));
});
afterAll(() => stage?.[Symbol.asyncDispose]());

/** A context in which waiting costs nothing, and is remembered. */
function patient(): TestContext & { waited: number[] } {
  const waited: number[] = [];
  const clock = { now: () => Date.now(), sleep: async (ms: number) => void waited.push(ms) };
  return { ...contextForTests({ clock }), waited };
}

function pullIn(name: string) {
  const repository = `${owner}/${name}`;
  const { number: pull } = stage.github.openPull(repository, {});
  const write = async (
    order: number,
    { permissions = rights, context = patient(), ...more }: Write = {},
  ) => {
    const octokit = connect(stage.github.token(permissions, repository), context);
    const sticky = { repository, pull, key: "plan", order, body: `of run ${order}`, whole: "it" };
    return await keepComment(octokit, { ...sticky, ...more }, context);
  };
  const comments = () => stage.github.repository(repository).comments;
  return { repository, pull, write, comments };
}

type Write = {
  permissions?: Permissions;
  context?: TestContext;
  key?: string;
  author?: string;
  isNotMade?: boolean;
};

test("the first run writes the comment, the second changes it", async () => {
  const { write, comments } = pullIn("sticky");

  const first = await write(1);
  const second = await write(2);

  expect(second.url).toBe(first.url);
  expect(comments().map(({ body }) => body)).toEqual(["<!-- playbook plan 2 -->\nof run 2"]);
});

test("one that is not to be made is changed where it is there, and only there", async () => {
  const { write, comments } = pullIn("unmade");
  expect(await write(1, { isNotMade: true })).toEqual({ url: "", newer: false });
  expect(comments()).toEqual([]);
  await write(2);
  await write(3, { isNotMade: true });
  expect(comments().map(({ body }) => body)).toEqual(["<!-- playbook plan 3 -->\nof run 3"]);
});

test("it is found behind a hundred comments of other people", async () => {
  const { repository, pull, write, comments } = pullIn("busy");
  for (let i = 0; i < 120; i++) stage.github.comment(repository, pull, "alice", `remark ${i}`);

  await write(1);
  await write(2);

  expect(comments()).toHaveLength(121);
});

test("a person who copies our marker has a comment of their own", async () => {
  const { repository, pull, write, comments } = pullIn("copied");
  stage.github.comment(repository, pull, "mallory", "<!-- playbook plan 9 -->\nfake");

  await write(1);

  expect(comments().map(({ user }) => user.login)).toEqual(["mallory", "github-actions[bot]"]);
  expect(comments()[0]?.body).toContain("fake");
});

test("two plans of one pull request have a comment each", async () => {
  const { write, comments } = pullIn("two-plans");

  await write(1, { key: "core" });
  await write(1, { key: "periphery" });

  expect(comments()).toHaveLength(2);
});

test("a run that comes late leaves the newer comment alone", async () => {
  const { write, comments } = pullIn("late");

  await write(2);
  const late = await write(1);

  expect(late.newer).toBe(true);
  expect(comments().map(({ body }) => body)).toEqual(["<!-- playbook plan 2 -->\nof run 2"]);
});

test("of two runs at once one comment is left, the newer's", async () => {
  const { write, comments } = pullIn("at-once");

  await Promise.all([write(2), write(1)]);

  expect(comments().map(({ body }) => body)).toEqual(["<!-- playbook plan 2 -->\nof run 2"]);
});

test("a comment that an older run takes back each time is given up, and says what to do", async () => {
  const { repository, pull, write, comments } = pullIn("contended");
  await write(1);
  const [comment] = comments();
  const octokit = connect(stage.github.token(rights, repository), patient());
  octokit.hook.after("request", (_, { method }) => {
    if (method === "PATCH" && comment) comment.body = "<!-- playbook plan 1 -->\nof run 1";
  });
  const sticky = { repository, pull, key: "plan", order: 2, body: "of run 2", whole: "it" };

  await expect(keepComment(octokit, sticky, patient())).rejects.toMatchObject({
    code: "comment-unsettled",
    what: `The comment on pull request #${pull} does not stay as it was written.`,
    next: expect.stringContaining("concurrency group"),
  });
});

test("a comment whose reply is lost is not written twice", async () => {
  const { write, comments } = pullIn("lost");
  const context = patient();
  stage.github.fault({ do: "lose-reply", method: "POST" });

  await write(1, { context });

  expect(comments()).toHaveLength(1);
});

test("a change whose reply is lost is made again", async () => {
  const { write, comments } = pullIn("lost-change");
  await write(1);
  stage.github.fault({ do: "lose-reply", method: "PATCH" });

  await write(2);

  expect(comments().map(({ body }) => body)).toEqual(["<!-- playbook plan 2 -->\nof run 2"]);
});

test("GitHub's limits are waited for, as long as it says", async () => {
  const { write, comments } = pullIn("limited");
  const context = patient();
  stage.github.fault({ do: "secondary", retryAfter: 7 });
  stage.github.fault({ do: "secondary", retryAfter: 3, method: "POST" });

  await write(1, { context });

  expect(context.waited).toEqual([7_000, 3_000]);
  expect(comments()).toHaveLength(1);
});

test("a limit that lasts longer than a job should is an error that says so", async () => {
  const { write } = pullIn("exhausted");
  stage.github.fault({ do: "rate-limit", retryAfter: 3_000 });

  await expect(write(1)).rejects.toMatchObject({ code: "github-limited" });
});

test("a GitHub that stays broken is an error that quotes it", async () => {
  const { write } = pullIn("broken");
  const context = patient();
  stage.github.fault({ do: "status", status: 503, method: "POST", requests: 3 });

  await expect(write(1, { context })).rejects.toMatchObject({
    code: "github-failed",
    why: expect.stringContaining("Server Error"),
  });
});

test("a token that may not comment is told which permission it lacks", async () => {
  const { write } = pullIn("reader");
  const permissions: Permissions = { "pull-requests": "read" };

  await expect(write(1, { permissions })).rejects.toMatchObject({
    code: "permission-missing",
    next: expect.stringContaining("`pull-requests: write`"),
  });
});

test("a token that is revoked is told apart from one that may not", async () => {
  const { repository, pull } = pullIn("revoked");
  const token = stage.github.token(rights, repository);
  stage.github.revoke(token);
  const sticky = { repository, pull, key: "plan", order: 1, body: "", whole: "" };

  await expect(keepComment(connect(token, patient()), sticky, patient())).rejects.toMatchObject({
    code: "token-refused",
  });
});

test("a token of another account than was said still writes one comment", async () => {
  const { write, comments } = pullIn("app");

  await write(1, { author: "khalani-app[bot]" });
  await write(2, { author: "khalani-app[bot]" });

  expect(comments()).toHaveLength(1);
});

test("a run that has to end asks GitHub for nothing more", async () => {
  const { write, comments } = pullIn("ended");
  const context = patient();
  context.stop.abort(new Error("cancelled"));

  await expect(write(1, { context })).rejects.toThrow("cancelled");
  expect(comments()).toEqual([]);
});

test("a fork's pull request is found by its branch, as long as it is at the build's commit", async () => {
  const repository = `${owner}/forked`;
  const sha = "f".repeat(40);
  const head = { repository: "mallory/forked", branch: "feature", sha };
  const opened = stage.github.openPull(repository, { head });
  const octokit = connect(stage.github.token(rights, repository), patient());
  const build = { repository, pull: { head: "mallory:feature" }, sha };

  const found = await findPull(octokit, build);
  opened.head.sha = "e".repeat(40);
  const moved = await findPull(octokit, build);

  expect(found).toMatchObject({ pull: { number: opened.number } });
  expect(moved).toEqual({ gone: expect.stringContaining("has moved on from fffffff") });
});
