import { build, openPreviews, type Previews } from "./studio.ts";

const DAY_MS = 25 * 3_600_000;

let previews: Previews;

beforeAll(async () => {
  previews = await openPreviews();
});
afterAll(() => previews?.end());

const sweep = (ahead = 0) =>
  previews.step(
    { mode: "sweep" },
    { clock: { now: () => Date.now() + ahead, sleep: async () => {} } },
  );

test("with nothing there it does nothing", async () => {
  const { outputs, summary } = await sweep();
  expect(outputs).toMatchObject({ removed: 0 });
  expect(summary).toBe("0 previews are in order.");
});

test("takes away what closed pull requests have left, and those that there are no more", async () => {
  const [open, closed, deleted] = ["open", "closed", "deleted"].map((it) => previews.open(it));
  if (!open || !closed || !deleted) throw new Error("none opened");
  for (const pull of [open, closed, deleted]) await previews.deploy(pull, build("one"));
  closed.state = "closed";
  const { pulls } = previews.github.repository("acme/app");
  pulls.splice(pulls.indexOf(deleted), 1);

  const { outputs } = await sweep();

  expect(outputs).toMatchObject({ removed: 2 });
  expect((await previews.page(open)).status).toBe(200);
  expect(previews.deploymentsOf(open)).toHaveLength(1);
  for (const pull of [closed, deleted]) {
    expect((await previews.page(pull)).status).toBe(404);
    expect(await previews.files(pull)).toEqual([]);
    expect(previews.deploymentsOf(pull)).toEqual([]);
  }
  expect(previews.commentsOn(closed)[0]).toContain("was taken away");
  expect((await sweep()).outputs).toMatchObject({ removed: 0 });
});

describe("of an open pull request", () => {
  test("files that nothing shows go after a day, which a run may be about to show", async () => {
    const pull = previews.open("dead");
    const fault = previews.aws.fault({ do: "deny", match: { operation: "PutKey" }, times: 99 });
    await expect(previews.deploy(pull, build("one"))).rejects.toMatchObject({
      code: "access-denied",
    });
    fault.remove();
    expect(await previews.files(pull)).toHaveLength(4);

    await sweep();
    expect(await previews.files(pull)).toHaveLength(4);

    await sweep(DAY_MS);
    expect(await previews.files(pull)).toEqual([]);
  });

  test("what is shown stays however old, and what was shown before goes", async () => {
    const pull = previews.open("old");
    await previews.deploy(pull, build("one"));
    pull.head.sha = "b".repeat(40);
    await previews.deploy(pull, build("two"));

    await sweep(DAY_MS);

    const left = new Set((await previews.files(pull)).map((key) => key.split("/")[1]));
    expect(left.size).toBe(1);
    expect((await previews.page(pull)).text).toContain("two");
    expect((await previews.page(pull, "/assets/index-two00000.js")).status).toBe(200);
  });

  test("deployments that nothing shows go", async () => {
    const pull = previews.open("left");
    await previews.deploy(pull, build("one"));
    const [made] = previews.deploymentsOf(pull);
    const stale = { ...made, id: 1, payload: JSON.stringify({ release: `pr-${pull.number}-1-1` }) };
    previews.github.repository("acme/app").deployments.push(stale as NonNullable<typeof made>);

    await sweep();

    expect(previews.deploymentsOf(pull)).toEqual([made]);
  });
});

test("goes on with the others when one cannot be taken away, and fails", async () => {
  const [one, other] = [previews.open("one"), previews.open("other")];
  for (const pull of [one, other]) await previews.deploy(pull, build("one"));
  for (const pull of [one, other]) pull.state = "closed";
  const path = `/pulls/${one.number}`;
  previews.github.fault({ do: "status", status: 403, method: "GET", path });

  const { outputs, failure, context } = await sweep();

  expect(failure).toMatchObject({ code: "github-failed" });
  expect(context.warnings.join()).toContain(`#${one.number}:`);
  expect(outputs).toMatchObject({ removed: 1 });
  expect((await previews.page(other)).status).toBe(404);
  expect((await sweep()).outputs).toMatchObject({ removed: 1 });
});
