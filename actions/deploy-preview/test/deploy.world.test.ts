import { build, openPreviews, type Previews } from "./studio.ts";

let previews: Previews;

beforeAll(async () => {
  previews = await openPreviews();
});
afterAll(() => previews?.end());

const releaseIn = (html: string) => /playbook-release" content="([^"]+)"/.exec(html)?.[1];

describe("a pull request", () => {
  test("has a preview under a host of its own, a comment and a deployment", async () => {
    const pull = previews.open("first");
    expect((await previews.page(pull)).status).toBe(404);

    const { outputs, summary } = await previews.deploy(pull, build("one"), {
      config: '{"environment":"preview"}',
    });

    const url = previews.address(`pr-${pull.number}`);
    expect(outputs).toMatchObject({ url, "pull-request": pull.number });
    expect(summary).toContain(`Preview of #${pull.number}`);
    const page = await previews.page(pull, "/deep/link");
    expect(page.text).toContain("one");
    expect(page.headers.get("x-robots-tag")).toBe("noindex");
    expect((await previews.page(pull, "/assets/index-one00000.js")).text).toContain("one");
    const [, config = ""] = /playbook-config" content="([^"]+)"/.exec(page.text) ?? [];
    expect(JSON.parse((await previews.page(pull, config)).text)).toEqual({
      environment: "preview",
    });

    const [comment, ...others] = previews.commentsOn(pull);
    expect(others).toEqual([]);
    expect(comment).toContain(`](${url})** shows [\`aaaaaaa\`]`);
    expect(previews.deploymentsOf(pull)).toMatchObject([
      {
        ...{ environment: "preview", sha: pull.head.sha, isTransient: true },
        payload: { pull: pull.number },
        statuses: [{ state: "success", environmentUrl: url }],
      },
    ]);
  });

  test("that is pushed to has the newer preview in its place, and what has grown is told", async () => {
    const pull = previews.open("second");
    await previews.deploy(pull, build("one"));
    const more = { "assets/chart-BCDf1234.js": "x".repeat(5_000) };
    pull.head.sha = "b".repeat(40);
    await previews.deploy(pull, build("two", more));

    expect((await previews.page(pull)).text).toContain("two");
    const [comment, ...others] = previews.commentsOn(pull);
    expect(others).toEqual([]);
    expect(comment).toContain("`bbbbbbb`");
    expect(comment).toContain("against the preview before");
    expect(comment).toContain("| `assets/chart-BCDf1234.js` | 5.0 kB | new |");
    expect(previews.deploymentsOf(pull)).toHaveLength(1);

    pull.head.sha = "c".repeat(40);
    await previews.deploy(pull, build("three"));
    const kept = new Set((await previews.files(pull)).map((key) => key.split("/")[1]));
    expect(kept.size).toBe(2);
  });

  test("is compared with what is live, where the list of its files may be read", async () => {
    previews.studio.actAs();
    await previews.production.release("v1", build("one"));
    const pull = previews.open("compared");
    const more = { "assets/chart-BCDf1234.js": "x".repeat(5_000) };

    const production = { "production-bucket": previews.production.Bucket };
    await previews.deploy(pull, build("one", more), production);

    expect(previews.commentsOn(pull)[0]).toContain("against production (`v1`)");
    expect(previews.commentsOn(pull)[0]).toContain("| `assets/chart-BCDf1234.js` | 5.0 kB |");
  });

  test("is told of what belongs to it alone, as its own subgraph", async () => {
    const pull = previews.open("subgraph");
    const nodes = "https://graph.example/subgraphs/name/acme/nexus-{preview}";

    await previews.deploy(pull, build("one"), { config: JSON.stringify({ subgraph: nodes }) });

    const { text } = await previews.page(pull);
    const [, config = ""] = /playbook-config" content="([^"]+)"/.exec(text) ?? [];
    expect(JSON.parse((await previews.page(pull, config)).text)).toEqual({
      subgraph: `https://graph.example/subgraphs/name/acme/nexus-pr-${pull.number}`,
    });
  });

  test("that has moved on since the build is left alone", async () => {
    const pull = previews.open("moved");
    const built = { ...pull, head: { ...pull.head } };
    pull.head.sha = "b".repeat(40);
    previews.aws.clearCalls();

    const { outputs, summary } = await previews.deploy(built, build("one"));

    expect(outputs).toMatchObject({ url: "", "pull-request": "" });
    expect(summary).toContain("has moved on");
    expect(previews.aws.calls()).toEqual([]);
    expect(previews.commentsOn(pull)).toEqual([]);
  });

  test("of a fork has its own, and reaches into no other's", async () => {
    const own = previews.open("shared");
    const fork = previews.open("shared", "mallory/app");
    await previews.deploy(own, build("one"), { config: '{"a":1}' });
    const before = await previews.files(own);
    const { text } = await previews.page(own);
    const [, config = ""] = /playbook-config" content="\/([^"]+)"/.exec(text) ?? [];

    const lies = { [config]: "mine", "assets/index-one00000.js": "mine", "state/x.json": "mine" };
    await previews.deploy(fork, build("fork", lies));

    expect(await previews.files(own)).toEqual(before);
    expect((await previews.page(own, "/assets/index-one00000.js")).text).not.toContain("mine");
    expect((await previews.page(own, `/${config}`)).text).not.toContain("mine");
    expect((await previews.page(fork, `/${config}`)).text).toBe("mine");
    const keys = await previews.studio.files({ Bucket: previews.Bucket });
    expect(keys.filter((key) => !key.startsWith("releases/pr-"))).toEqual([]);
  });
});

describe("a host", () => {
  test("that names no preview shows none, and neither does one that names nothing", async () => {
    const { port } = new URL(previews.address("x"));
    for (const host of ["pr-999", "pr-0", "live", "pr-1x"]) {
      const answer = await fetch(`http://${host}.previews.localhost:${port}/`);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain("no such preview");
    }
  });

  test("is found whatever is written in capitals, and no other path leads out of it", async () => {
    const pull = previews.open("capitals");
    await previews.deploy(pull, build("one"));
    const { port } = new URL(previews.address("x"));
    const answer = await fetch(`http://PR-${pull.number}.previews.localhost:${port}/`);
    expect(releaseIn(await answer.text())).toMatch(`pr-${pull.number}-`);
    const [other = ""] = await previews.files({ number: 1 });
    expect((await previews.page(pull, `/${other}`)).status).toBe(404);
  });
});

test("a comment holds nothing that a stranger could say with a file's name", async () => {
  const pull = previews.open("lies", "mallory/app");
  await previews.deploy(pull, build("one"));
  const name = "`](https://evil.example) @acme/owners <img src=x> | #1 fixes.js";
  pull.head.sha = "b".repeat(40);
  await previews.deploy(pull, build("one", { [name]: "x".repeat(9_000) }));

  const [comment = ""] = previews.commentsOn(pull);
  expect(comment).toContain("+9.0 kB");
  expect(comment).not.toMatch(/@acme|\]\(https:\/\/evil|<img|#1 fixes/);
});

describe("a fork's preview", () => {
  test("is shown only behind an environment that has reviewers", async () => {
    const pull = previews.open("reviewed", "mallory/app");
    const { environments } = previews.github.repository("acme/app");
    const over = { "reviewed-environment": "preview-forks" };

    for (const rules of [undefined, { branches: ["main"] }]) {
      if (rules) environments.set("preview-forks", rules);
      await expect(previews.deploy(pull, build("one"), over)).rejects.toMatchObject({
        code: "environment-unreviewed",
      });
    }
    environments.set("preview-forks", { reviewers: true });
    await previews.deploy(pull, build("one"), over);
    expect((await previews.page(pull)).status).toBe(200);
  });
});

describe("what is refused before anything is asked for", () => {
  test.each([
    ["an address that names no preview", { url: "https://previews.example.net" }, "bad-input"],
    ["no pull request", { head: undefined }, "bad-input"],
    [
      "production's own domain",
      { url: "https://{preview}.example.com", "production-url": "https://app.example.com" },
      "preview-not-apart",
    ],
  ])("%s", async (_, over, code) => {
    const pull = previews.open("refused");
    previews.aws.clearCalls();
    await expect(previews.deploy(pull, build("one"), over)).rejects.toMatchObject({ code });
    expect(previews.aws.calls()).toEqual([]);
  });
});
