import { readFile } from "node:fs/promises";
import { statements } from "../src/access.ts";
import { build, openStudio, type Studio, type TestSite } from "./studio.ts";

let studio: Studio;
let site: TestSite;

/** Without a store; the role has what that takes. */
const plain = () => ({ "key-value-store": undefined, distribution: site.Distribution });

beforeAll(async () => {
  studio = await openStudio();
  const template = await readFile(new URL("./plain.yml", import.meta.url), "utf8");
  const { outputs } = await studio.aws.deployTemplate(template, {}, "plain");
  const { Bucket = "", Distribution = "" } = outputs;
  const role = await studio.roleFor({
    ...{ Name: "plain", UiBucket: Bucket },
    ...{ UiPlainBucket: Bucket, UiPlainDistribution: Distribution },
  });
  site = studio.siteOf({ Bucket, Distribution, KeyValueStore: "", role });
});
afterAll(() => studio?.world[Symbol.asyncDispose]());

test("what is asked for is there before the pages that ask, and what has changed is forgotten", async () => {
  await site.release("v1", build("v1"), plain());
  expect(await site.shown()).toBe("v1");
  studio.aws.clearCalls();
  studio.aws.edge.lagInvalidations(2);

  const impatient = { now: () => Date.now(), sleep: async () => {} };
  const { outputs, context } = await site.release("v2", build("v2"), plain(), impatient);

  // Its page and the one file with another name; the icon is the same.
  expect(outputs).toMatchObject({ previous: "v1", uploaded: 2, changed: true });
  expect(await site.shown()).toBe("v2");
  const keys = studio.aws
    .calls()
    .flatMap(({ operation, target }) =>
      operation === "PutObject" && !target.includes("/state/") ? [target.split("/").at(-1)] : [],
    );
  expect(keys).toEqual(["index-v2000000.js", "index.html"]);
  expect(context.said.join("\n")).toMatch(/Invalidated 2 paths/);
  expect((await site.page("/assets/index-v1000000.js")).status).toBe(200);
});

test("a run that was killed after it wrote a page is put right by the next release", async () => {
  studio.aws.fault({ do: "deny", match: { operation: "CreateInvalidation" } });
  await expect(site.release("v3", build("v3"), plain())).rejects.toMatchObject({
    code: "access-denied",
    what: expect.stringContaining("cloudfront:CreateInvalidation"),
  });

  studio.aws.edge.lagInvalidations(0);
  await site.release("v4", build("v2"), { ...plain(), order: "9" });

  const { text } = await site.page();
  expect(text).toContain("v2");
  expect(await site.shown()).toBe("v4");
});

test("there is no way back, and that is said", async () => {
  await expect(site.rollback(plain())).rejects.toMatchObject({ code: "rollback-unsupported" });
});

test("the statements for it are in the session's policy, and those for a store are not", async () => {
  const own = studio.aws.calls().filter(({ principal }) => principal.includes("assumed-role"));
  const used = new Set(own.map(({ action }) => action));
  const wanted = statements.filter(({ sid }) => ["OverwriteFiles", "Invalidate"].includes(sid));
  for (const action of wanted.flatMap(({ actions }) => actions)) expect(used).toContain(action);
});

describe("an invalidation", () => {
  test.each([
    { status: 400, says: "TooManyInvalidationsInProgress", code: "too-many-invalidations" },
    { status: 404, says: "NoSuchDistribution", code: "distribution-missing" },
  ])("that is refused with $says ends the run, which goes on when it is not", async (one) => {
    const { status, says, code } = one;
    const match = { operation: "CreateInvalidation" };
    studio.aws.fault({ do: "status", status, code: says, match });
    const folder = await studio.folderOf(build(code.slice(0, 8)));
    const given = { ...plain(), mode: "apply", release: code, order: "99", folder };

    await expect(site.step(given)).rejects.toMatchObject({ code });

    expect((await site.step(given)).outputs).toMatchObject({ release: code, changed: true });
  });
});
