import { build, impatient, openPreviews, type Previews } from "./studio.ts";

let previews: Previews;

beforeAll(async () => {
  previews = await openPreviews();
});
afterAll(() => previews?.end());

/** Nothing is left of a pull request's preview but a comment that says so. */
async function expectNothing(pull: ReturnType<Previews["open"]>): Promise<void> {
  expect((await previews.page(pull)).status).toBe(404);
  expect(await previews.files(pull)).toEqual([]);
  expect(previews.deploymentsOf(pull)).toEqual([]);
  for (const body of previews.commentsOn(pull)) expect(body).toContain("was taken away");
}

describe("a pull request that is closed", () => {
  test("loses its preview, once and for all, and no other's", async () => {
    const [pull, other] = [previews.open("closed"), previews.open("other")];
    await previews.deploy(pull, build("one"));
    await previews.deploy(other, build("other"));
    pull.state = "closed";

    const { outputs, summary } = await previews.remove(pull);

    expect(outputs).toMatchObject({ removed: 1 });
    expect(summary).toContain(`| #${pull.number} | a preview | 4 | 1 |`);
    await expectNothing(pull);
    expect(previews.commentsOn(pull)).toHaveLength(1);
    expect((await previews.page(other)).text).toContain("other");
    expect(previews.deploymentsOf(other)).toHaveLength(1);

    const again = await previews.remove(pull);
    expect(again.outputs).toMatchObject({ removed: 0 });
    expect(again.summary).toBe("There was no preview to take away.");
  });

  test("and never had a preview gets no comment", async () => {
    const pull = previews.open("never");
    pull.state = "closed";
    await previews.remove(pull);
    expect(previews.commentsOn(pull)).toEqual([]);
  });

  test("and opened again keeps what it has", async () => {
    const pull = previews.open("reopened");
    await previews.deploy(pull, build("one"));

    const { summary } = await previews.remove(pull);

    expect(summary).toContain("is open: its preview stays");
    expect((await previews.page(pull)).status).toBe(200);
  });

  test("loses nothing to a run that is older than its preview", async () => {
    const pull = previews.open("older");
    await previews.deploy(pull, build("one"), {}, { turn: { run: 50, attempt: 1 } });
    pull.state = "closed";

    const { outputs } = await previews.remove(pull, { turn: { run: 40, attempt: 9 } });

    expect(outputs).toMatchObject({ removed: 0 });
    expect((await previews.page(pull)).status).toBe(200);
    expect(previews.commentsOn(pull)[0]).not.toContain("taken away");
  });
});

describe("a pull request that is closed while it is deployed", () => {
  test.each([
    ["before its files are there", "PutObject", "before"],
    ["just before it is shown", "PutKey", "before"],
    ["as soon as it is shown", "PutKey", "after"],
  ] as const)("%s has nothing left", async (_, operation, phase) => {
    const pull = previews.open(`${operation}-${phase}`);
    let isDone = false;
    const end = previews.aws.onCall(async (call) => {
      if (isDone || call.operation !== operation || call.phase !== phase) return;
      isDone = true;
      pull.state = "closed";
      await previews.remove(pull);
    });

    const { outputs, summary } = await previews.deploy(pull, build("one"));

    end();
    expect(isDone).toBe(true);
    expect(outputs).toMatchObject({ url: "" });
    expect(summary).toContain("was closed meanwhile");
    await expectNothing(pull);
  });

  test.each([
    ["before it is shown", "PutKey", "before", "was closed meanwhile"],
    ["as soon as it is shown", "PutKey", "after", "was closed meanwhile"],
    ["before the edge has it", "GetObject", "before", "was taken away meanwhile"],
    ["once the edge has it", "GetObject", "after", "was taken away meanwhile"],
    ["once it is told", "GetKey", "before", "was closed meanwhile"],
  ] as const)(
    "and opened again, %s, has nothing left until it is built again",
    async (_, operation, phase, says) => {
      const pull = previews.open(`again-${operation}-${phase}`);
      let isDone = false;
      const end = previews.aws.onCall(async (call) => {
        if (isDone || call.operation !== operation || call.phase !== phase) return;
        // The store is asked before it is shown, too.
        if (operation === "GetKey" && previews.deploymentsOf(pull).length === 0) return;
        isDone = true;
        pull.state = "closed";
        await previews.remove(pull);
        pull.state = "open";
      });

      const { summary } = await previews.deploy(pull, build("one"));

      end();
      expect(isDone).toBe(true);
      expect(summary).toContain(says);
      await expectNothing(pull);
      await previews.deploy(pull, build("two"));
      expect((await previews.page(pull)).text).toContain("two");
    },
  );

  test("and opened again, while its removal is under way, is hidden once its files are gone", async () => {
    const pull = previews.open("slow-removal");
    await previews.deploy(pull, build("one"), {}, { turn: { run: 10, attempt: 1 } });
    pull.state = "closed";
    let other: Awaited<ReturnType<Previews["deploy"]>> | undefined;
    let isDone = false;
    const end = previews.aws.onCall(async ({ operation, phase }) => {
      if (isDone || operation !== "DeleteObjects" || phase !== "before") return;
      isDone = true;
      pull.state = "open";
      other = await previews.deploy(pull, build("two"), {}, { turn: { run: 20, attempt: 1 } });
    });

    await previews.remove(pull, { turn: { run: 30, attempt: 1 } });

    end();
    expect(other?.outputs).toMatchObject({ "pull-request": pull.number });
    expect((await previews.page(pull)).status).toBe(404);
    expect(previews.deploymentsOf(pull)).toEqual([]);
  });

  test("after all was looked at, while it is told, has nothing left", async () => {
    const pull = previews.open("told");
    const { comments } = previews.github.repository("acme/app");
    const push = comments.push.bind(comments);
    comments.push = (...made) => {
      pull.state = "closed";
      return push(...made);
    };

    const { summary } = await previews.deploy(pull, build("one")).finally(() => {
      comments.push = push;
    });

    expect(summary).toContain("was closed meanwhile");
    await expectNothing(pull);
    expect(previews.commentsOn(pull)).toHaveLength(1);
  });
});

describe("two runs of one pull request", () => {
  test("end with the later one's preview, and the earlier one says so", async () => {
    const pull = previews.open("two");
    const later = { turn: { run: 9_000, attempt: 1 } };
    let other: ReturnType<Previews["deploy"]> | undefined;
    const end = previews.aws.onCall(async ({ operation, phase }) => {
      if (other || operation !== "PutKey" || phase !== "before") return;
      other = previews.deploy(pull, build("later"), {}, later);
      await other;
    });

    const { summary, outputs } = await previews.deploy(pull, build("earlier"));

    end();
    expect(summary).toContain("was overtaken. A later run shows");
    expect(outputs).toMatchObject({ url: "" });
    expect((await previews.page(pull)).text).toContain("later");
    expect(previews.deploymentsOf(pull)).toHaveLength(1);
    const left = new Set((await previews.files(pull)).map((key) => key.split("/")[1]));
    expect([...left]).toEqual([`pr-${pull.number}-9000-1`]);
  });

  test("at the very same time leave one whole preview, the later one's", async () => {
    const pull = previews.open("same");
    const runs = [9_001, 9_002, 9_003].map((run) =>
      previews.deploy(pull, build(String(run)), {}, { turn: { run, attempt: 1 } }),
    );
    await Promise.all(runs);

    expect((await previews.page(pull)).text).toContain("9003");
    expect((await previews.page(pull, "/assets/index-90030000.js")).status).toBe(200);
    expect(previews.deploymentsOf(pull)).toMatchObject([
      { payload: { release: `pr-${pull.number}-9003-1` } },
    ]);
    expect(previews.commentsOn(pull)).toHaveLength(1);
  });

  test("of many pull requests at once all come to their end", async () => {
    const pulls = Array.from({ length: 8 }, (_, at) => previews.open(`many-${at}`));
    await Promise.all(pulls.map((pull) => previews.deploy(pull, build(`p${pull.number}`))));
    for (const pull of pulls) {
      expect((await previews.page(pull)).text).toContain(`p${pull.number}`);
      expect(previews.deploymentsOf(pull)).toHaveLength(1);
    }
  });
});

describe("what goes wrong on the way", () => {
  test("a write to the store that others are before each time is said", async () => {
    const pull = previews.open("busy");
    const fault = previews.aws.fault({
      ...{ do: "status", status: 409, code: "ConflictException", times: 999 },
      match: { operation: "PutKey" },
    });
    await expect(
      previews.deploy(pull, build("one"), {}, { clock: impatient }),
    ).rejects.toMatchObject({ code: "previews-busy" });
    fault.remove();
    expect((await previews.page(pull)).status).toBe(404);
  });

  test("a write whose reply is lost was one", async () => {
    const pull = previews.open("lost");
    previews.aws.fault({ do: "lose reply", match: { operation: "PutKey" } });
    await previews.deploy(pull, build("one"));
    expect((await previews.page(pull)).text).toContain("one");
  });

  test("a deployment whose reply is lost is made once", async () => {
    const pull = previews.open("deployed");
    previews.github.fault({ do: "lose-reply", method: "POST", path: "/deployments" });
    await previews.deploy(pull, build("one"), {}, { clock: impatient });
    expect(previews.deploymentsOf(pull)).toHaveLength(1);
  });

  test("a preview that is not shown as it should be is an error that says what was seen", async () => {
    const pull = previews.open("unseen");
    const over = { url: "http://{preview}.elsewhere.localhost:9" };
    await expect(
      previews.deploy(pull, build("one"), over, { clock: impatient }),
    ).rejects.toMatchObject({
      code: "release-unserved",
      why: expect.stringContaining("does not answer"),
    });
  });

  test("a preview is waited for where the edge does not show it yet", async () => {
    const pull = previews.open("lagging");
    await previews.page(pull);
    previews.aws.edge.lag(4, 9);
    try {
      await previews.deploy(pull, build("one"), {}, { clock: impatient });
      for (const _ of [1, 2, 3]) expect((await previews.page(pull)).text).toContain("one");
    } finally {
      previews.aws.edge.lag();
    }
  });

  test("a value in the store that is not ours is left alone", async () => {
    const pull = previews.open("foreign");
    await previews.putKey(`pr-${pull.number}`, '{"version":9}');
    await expect(previews.deploy(pull, build("one"))).rejects.toMatchObject({
      code: "live-unreadable",
    });
  });
});
