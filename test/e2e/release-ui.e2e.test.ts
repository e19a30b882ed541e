import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { change } from "./change.ts";
import { ending } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { openSiteStage } from "./stage.ts";

let stage: Awaited<ReturnType<typeof openSiteStage>>;

beforeAll(async () => {
  stage = await openSiteStage();
}, 300_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

async function run(inputs: Record<string, string>) {
  return (await stage.start("release.yml", inputs)).finished;
}

async function page(path = "/") {
  const answer = await fetch(stage.account.url + path);
  return { status: answer.status, text: await answer.text() };
}

/** The addresses of a page's scripts. */
const scriptsOf = (html: string) =>
  [...html.matchAll(/src="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");

test("a commit is built without rights and is live as a whole", async () => {
  const result = await run({ release: "v1" });

  expect(ending(result)).toEqual({ conclusion: "success", errors: [] });
  expect(result.job("ui / Release").outputs).toMatchObject({ release: "v1", changed: "true" });
  const { text } = await page("/transfers");
  expect(text).toContain('<meta name="playbook-release" content="v1">');
  const [, config = ""] = /name="playbook-config" content="([^"]+)"/.exec(text) ?? [];
  expect(JSON.parse((await page(config)).text)).toEqual({ environment: "production" });
  for (const path of scriptsOf(text)) expect((await page(path)).status).toBe(200);
}, 240_000);

test("the same again changes nothing", async () => {
  const result = await run({ release: "v1" });

  expect(ending(result)).toEqual({ conclusion: "success", errors: [] });
  expect(result.job("ui / Release").outputs).toMatchObject({ release: "v1", changed: "false" });
}, 240_000);

test("a second version leaves the first one's files to open tabs, and is taken back by one run", async () => {
  const before = scriptsOf((await page()).text);
  const app = await readFile(join(stage.folder, "src/App.jsx"), "utf8");
  await change(stage.folder, { "src/App.jsx": app.replace("<strong>Nexus", "<strong>Nexus 2") });

  const released = await run({ release: "v2" });
  expect(released.job("ui / Release").outputs).toMatchObject({ release: "v2", previous: "v1" });
  expect(scriptsOf((await page()).text)).not.toEqual(before);
  for (const path of before) expect((await page(path)).status).toBe(200);

  const back = await run({ "rollback-to": "previous" });
  expect(ending(back)).toEqual({ conclusion: "success", errors: [] });
  expect(back.job("ui / Roll back").outputs).toMatchObject({ release: "v1", changed: "true" });
  expect(scriptsOf((await page()).text)).toEqual(before);
}, 240_000);

test("nothing that any run left holds a token, a session or a key", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
