import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Run, RunResult } from "@playbook/world";
import { zip } from "../../packages/github/test/zip.ts";
import { type Branch, commentsOn, openBranch, push } from "./branch.ts";
import { localAction } from "./change.ts";
import { ending } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { openSiteStage } from "./stage.ts";

const SUCCESS = { conclusion: "success", errors: [] };
const WORKFLOW = ".github/workflows/preview.yml";

const TRAPS = {
  link: zip([{ name: "index.html", content: "/etc/passwd", mode: 0o120777 }]),
  "a way out": zip([{ name: "../index.html", content: "out" }]),
  "more than it says": zip([{ name: "index.html", content: Buffer.alloc(2 ** 25), says: 10 }]),
  "more than there is room for": zip([{ name: "index.html", content: "x", says: 2 ** 31 }]),
};

let stage: Awaited<ReturnType<typeof openSiteStage>>;

let own: Branch;
let fork: Branch;

beforeAll(async () => {
  stage = await openSiteStage();
  own = await openBranch(stage, "alice");
  fork = await openBranch(stage, "mallory", "mallory/app");
}, 300_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

/** A commit on the branch that the page shows. */
async function show(of: Branch, title: string, more: Record<string, string> = {}): Promise<void> {
  const path = "src/App.jsx";
  const app = await readFile(join(of.folder, path), "utf8");
  const shown = app.replace(/<strong>[^<]*/, `<strong>${title}`);
  await push(of, { [path]: shown, ...more });
}

async function build({ folder, pull, actor }: Branch): Promise<Run> {
  const on = { name: "pull_request", pull } as const;
  const run = await stage.start("preview.yml", {}, { product: folder, actor, on });
  await run.finished;
  return run;
}

/** The trusted workflow of the default branch, which GitHub starts after a run of the other one. */
async function deploy({ record }: Run, approve = false): Promise<RunResult> {
  const on = { name: "workflow_run", run: record } as const;
  return (await stage.start("deploy-preview.yml", {}, { on, approve })).finished;
}

async function close({ pull }: Branch): Promise<RunResult> {
  pull.state = "closed";
  const on = { name: "pull_request_target", pull, action: "closed" } as const;
  return (await stage.start("deploy-preview.yml", {}, { on })).finished;
}

async function page({ pull }: Branch, path = "/") {
  const url = stage.account.previews.url.replace("{preview}", `pr-${pull.number}`);
  const answer = await fetch(url + path);
  return { status: answer.status, text: await answer.text() };
}

/** All that the page's scripts say. */
async function scripts(of: Branch): Promise<string> {
  const { text } = await page(of);
  const paths = [...text.matchAll(/src="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
  return (await Promise.all(paths.map(async (path) => (await page(of, path)).text))).join();
}

function deploymentsOf({ pull }: Branch) {
  const { deployments } = stage.world.github.repository(stage.repository);
  return deployments.filter(({ task }) => task === `preview:app-previews-site:pr-${pull.number}`);
}

const summaryOf = (result: RunResult, job: string) =>
  result.job(job).steps.find(({ name }) => name.includes("/deploy-preview"))?.summary ?? "";

describe("a pull request of the repository", () => {
  test("is shown once it is built, and nothing else is made of it", async () => {
    await show(own, "Nexus of Alice");
    const result = await deploy(await build(own));

    expect(ending(result)).toEqual(SUCCESS);
    expect(result.job("ui / Preview of a fork")).toMatchObject({ conclusion: "skipped" });
    expect(await scripts(own)).toContain("Nexus of Alice");
    const { text } = await page(own);
    const [, config = ""] = /name="playbook-config" content="([^"]+)"/.exec(text) ?? [];
    expect(JSON.parse((await page(own, config)).text)).toEqual({ environment: "preview" });

    const [comment, ...others] = commentsOn(stage, own);
    expect(others).toEqual([]);
    expect(comment).toContain(own.pull.head.sha.slice(0, 7));
    const { deployments } = stage.world.github.repository(stage.repository);
    expect(deployments).toEqual(deploymentsOf(own));
    expect(deployments).toMatchObject([{ statuses: [{ state: "success" }] }]);
  }, 240_000);

  test("is shown anew after a push, by the same comment", async () => {
    await show(own, "Nexus of Alice, again");
    expect(ending(await deploy(await build(own)))).toEqual(SUCCESS);

    expect(await scripts(own)).toContain("Nexus of Alice, again");
    const [comment, ...others] = commentsOn(stage, own);
    expect(others).toEqual([]);
    expect(comment).toContain("against the preview before");
    expect(deploymentsOf(own)).toHaveLength(1);
  }, 240_000);

  test("whose head has moved on during the build is left for the next build", async () => {
    await show(own, "Nexus too late");
    const run = await build(own);
    own.pull.head.sha = "f".repeat(40);

    const result = await deploy(run);

    expect(ending(result)).toEqual(SUCCESS);
    expect(summaryOf(result, "ui / Preview")).toContain("has moved on");
    expect(await scripts(own)).not.toContain("too late");
  }, 240_000);
});

describe("a pull request of a fork", () => {
  let built: Run;

  test("is not shown as long as no reviewer lets it through", async () => {
    await show(fork, "Nexus of Mallory");
    built = await build(fork);

    const result = await deploy(built);

    expect(result.job("ui / Preview")).toMatchObject({ conclusion: "skipped" });
    expect(result.job("ui / Preview of a fork")).toMatchObject({ conclusion: "failure" });
    expect((await page(fork)).status).toBe(404);
    expect(commentsOn(stage, fork)).toEqual([]);
  }, 240_000);

  test("is shown after that, and leaves the others as they are", async () => {
    const before = await page(own);
    expect(ending(await deploy(built, true))).toEqual(SUCCESS);
    expect(await scripts(fork)).toContain("Nexus of Mallory");
    expect(commentsOn(stage, fork)).toHaveLength(1);
    expect(await page(own)).toEqual(before);
  }, 240_000);

  test("is closed while it is deployed, and nothing of it is left", async () => {
    await show(fork, "Nexus of Mallory, closed");
    const run = await build(fork);
    let closing: Promise<RunResult> | undefined;
    const end = stage.world.aws.onCall(async ({ operation, phase }) => {
      if (closing || operation !== "PutKey" || phase !== "before") return;
      closing = close(fork);
      await closing;
    });

    const result = await deploy(run, true);

    end();
    expect(ending(result)).toEqual(SUCCESS);
    expect(ending(await (closing as Promise<RunResult>))).toEqual(SUCCESS);
    expect(summaryOf(result, "ui / Preview of a fork")).toContain("was closed meanwhile");
    expect((await page(fork)).status).toBe(404);
    expect(await objectsOf(fork)).toEqual([]);
    expect(deploymentsOf(fork)).toEqual([]);
    expect(commentsOn(stage, fork)).toEqual([expect.stringContaining("was taken away")]);
  }, 240_000);

  test.each(Object.entries(TRAPS))(
    "that hands over an archive with %s is refused",
    async (_, archive) => {
      fork.pull.state = "open";
      await show(fork, "Nexus trapped", trapped(archive));
      const run = await build(fork);

      const result = await deploy(run, true);

      const { conclusion, errors } = ending(result);
      expect(conclusion).toBe("failure");
      expect(errors).toEqual([expect.stringContaining("was refused")]);
      expect((await page(fork)).status).toBe(404);
    },
    240_000,
  );
});

describe("what is left", () => {
  test("goes when the pull request is closed", async () => {
    expect(ending(await close(own))).toEqual(SUCCESS);
    expect((await page(own)).status).toBe(404);
    expect(await objectsOf(own)).toEqual([]);
    expect(deploymentsOf(own)).toEqual([]);
    expect(commentsOn(stage, own)).toEqual([expect.stringContaining("was taken away")]);
  }, 240_000);

  test("goes by a sweep when nobody has noticed that it was closed", async () => {
    own.pull.state = "open";
    await show(own, "Nexus forgotten");
    expect(ending(await deploy(await build(own)))).toEqual(SUCCESS);
    own.pull.state = "closed";

    const on = { name: "schedule" } as const;
    const result = await (await stage.start("sweep-previews.yml", {}, { on })).finished;

    expect(ending(result)).toEqual(SUCCESS);
    expect(result.job("ui / Sweep").outputs).toMatchObject({ removed: "1" });
    expect((await page(own)).status).toBe(404);
    expect(await objectsOf(own)).toEqual([]);
  }, 240_000);
});

test("nothing that any run left holds a token, a session or a key", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});

async function objectsOf({ pull }: Branch): Promise<string[]> {
  const keys = (await stage.world.aws.objects()).map(({ where }) => where);
  return keys.filter((key) => key.includes(`/releases/pr-${pull.number}-`));
}

const client = new URL(
  "../../packages/github/node_modules/@actions/artifact/lib/artifact.js",
  import.meta.url,
);

/** A workflow as a fork may write it: what it stores as a site is an archive of its own making. */
function trapped(archive: Buffer): Record<string, string> {
  const code = `
    import { writeFileSync } from "node:fs";
    import { DefaultArtifactClient } from ${JSON.stringify(client)};
    writeFileSync("ui-preview", Buffer.from("${archive.toString("base64")}", "base64"));
    const options = { skipArchive: true };
    await new DefaultArtifactClient().uploadArtifact("ui-preview", ["ui-preview"], ".", options);
  `;
  const workflow = `
name: Preview
on: pull_request
jobs:
  ui:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: ./tools/trap
`;
  return { ...localAction("trap", code), [WORKFLOW]: workflow };
}
