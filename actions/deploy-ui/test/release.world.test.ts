import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, openStudio, type Studio, type TestSite } from "./studio.ts";

let studio: Studio;
let site: TestSite;

beforeAll(async () => {
  studio = await openStudio();
});
beforeEach(async () => {
  site = await studio.site();
  studio.aws.clearCalls();
});
afterAll(() => studio?.world[Symbol.asyncDispose]());

/** Requests of the site's role since the last `clearCalls`, by operation. */
function requests(): Record<string, number> {
  const own = studio.aws.calls().filter(({ principal }) => principal.includes("assumed-role"));
  const distinct = new Map(own.map((call) => [call.request, call.operation]));
  const counts: Record<string, number> = {};
  for (const operation of distinct.values()) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

describe("a first release", () => {
  test("is live whole, with its headers", async () => {
    expect((await site.page()).status).toBe(503);

    const { outputs, summary } = await site.release("v1", build("one"));

    expect(outputs).toMatchObject({ release: "v1", previous: "", changed: true, uploaded: 4 });
    expect(summary).toContain("4 files");
    expect(await site.shown()).toBe("v1");
    const page = await site.page("/");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    expect(page.headers.get("x-amz-meta-release")).toBe("v1");
    const asset = await site.page("/assets/index-one00000.js");
    expect(asset.text).toContain("one");
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(asset.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect((await site.page("/deep/link")).text).toContain("one");
    expect((await site.page("/assets/index-gone0000.js")).status).toBe(404);
    expect((await site.page("/state/log/0000000000.json")).status).toBe(404);
  });

  test("finds each file under its address, whatever it is called", async () => {
    const names = [
      "a b.txt",
      "ü.txt",
      "a#b?c.txt",
      "100%.txt",
      "a+b.txt",
      "assets/ü b-BCDf1234.js",
    ];
    const files = Object.fromEntries(names.map((name) => [name, `this is ${name}`]));

    await site.release("v1", build("one", files));

    for (const name of names) {
      const address = `/${name.split("/").map(encodeURIComponent).join("/")}`;
      expect((await site.page(address)).text).toBe(`this is ${name}`);
    }
  });

  test("has its own files kept as long as its rules say, and shared ones for ever", async () => {
    const files = build("one", { "icon.png": "png", "assets/logo-BCDf1234.png": "png" });
    await site.release("v1", files, { "cache-rules": "*.png=public, max-age=3600" });

    const kept = async (path: string) => (await site.page(path)).headers.get("cache-control");
    expect(await kept("/icon.png")).toBe("public, max-age=3600");
    expect(await kept("/favicon.ico")).toBe("no-cache");
    expect(await kept("/assets/logo-BCDf1234.png")).toBe("public, max-age=31536000, immutable");
  });

  test("has the routes of pages where each is a file", async () => {
    const pages = { "docs.html": "<head></head>docs", "docs/a.html": "<head></head>a" };
    await site.release("v1", build("one", pages), { routing: "files" });
    expect((await site.page("/docs")).text).toContain("docs");
    expect((await site.page("/docs/a")).text).toContain("a");
    expect((await site.page("/nothing")).status).toBe(404);
  });
});

describe("a second release", () => {
  const many = Object.fromEntries(
    Array.from({ length: 60 }, (_, at) => [`assets/chunk${at}-BCDf1234.js`, `chunk ${at}`]),
  );

  test("uploads what has changed, with a handful of requests beside it", async () => {
    await site.release("v1", build("one", many));
    studio.aws.clearCalls();

    const { outputs } = await site.release("v2", build("two", many));

    // Its page, its icon, and the one file with another name.
    expect(outputs).toMatchObject({ previous: "v1", changed: true, uploaded: 3 });
    const { PutObject = 0, ...others } = requests();
    // Beside them: the list of files, three entries of the log, and twice the probe.
    expect(PutObject).toBe(3 + 6);
    expect(Object.values(others).reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(12);
    expect(await site.shown()).toBe("v2");
    expect((await site.page("/assets/index-one00000.js")).text).toContain("one");
  });

  test("run again does nothing, and says that it is live", async () => {
    await site.release("v1", build("one"), { order: "1" });
    studio.aws.clearCalls();

    const { outputs } = await site.release("v1", build("one"), { order: "1" });

    expect(outputs).toMatchObject({ release: "v1", changed: false, uploaded: 0 });
    expect(requests().PutKey).toBeUndefined();
    expect(await studio.told(site)).toEqual(["begun v1", "live v1", "seen v1"]);
  });

  test("with other files under the same name is refused", async () => {
    await site.release("v1", build("one"));
    await expect(site.release("v1", build("other"))).rejects.toMatchObject({
      code: "release-changed",
    });
  });

  test("older than what is live is refused unless told", async () => {
    await site.release("v2", build("two"), { order: "2" });
    await expect(site.release("v1", build("one"), { order: "1" })).rejects.toMatchObject({
      code: "release-older",
    });
    expect(await site.shown()).toBe("v2");

    await site.release("v1", build("one"), { order: "1", "allow-older": "true" });
    expect(await site.shown()).toBe("v1");
  });

  test("with a shared name for other bytes is refused before anything is written", async () => {
    await site.release("v1", build("one", { "assets/logo-unhash3d.js": "1" }));
    const before = await studio.told(site);

    await expect(
      site.release("v2", build("two", { "assets/logo-unhash3d.js": "2" })),
    ).rejects.toMatchObject({
      code: "file-conflict",
      next: expect.stringContaining("per-release"),
    });
    expect(await studio.told(site)).toEqual(before);

    const own = { "per-release": "assets/logo-unhash3d.js" };
    await site.release("v3", build("two", { "assets/logo-unhash3d.js": "2" }), own);
    expect((await site.page("/assets/logo-unhash3d.js")).text).toBe("2");
  });

  test("goes on with files that are there already, as a run that was killed leaves them", async () => {
    await site.release("v1", build("one"));
    const file = { operation: "PutObject", key: /index-two/ };
    const fault = studio.aws.fault({ do: "lose reply", match: file });

    await site.release("v2", build("two"));

    expect(fault.hits).toBe(1);
    expect(await site.shown()).toBe("v2");
  });
});

describe("what is wrong with a build", () => {
  test.each([
    ["is empty", {}, "folder-empty"],
    ["has no index.html", { "site/index.html": "x" }, "index-missing"],
  ])("that %s is told before AWS is asked for anything", async (_, files, code) => {
    await expect(site.release("v1", files)).rejects.toMatchObject({ code });
    expect(studio.aws.calls()).toEqual([]);
  });

  test("that holds what is nobody's to see is told before anything is written", async () => {
    const files = { ...build("one"), "assets/.env": "TOKEN=x" };

    await expect(site.release("v1", files)).rejects.toMatchObject({ code: "folder-refused" });

    const written = studio.aws.calls().filter(({ operation }) => operation.startsWith("Put"));
    expect(written).toEqual([]);
  });

  test("is one error when a file changes while it is read, and what is live stays", async () => {
    await site.release("v1", build("one"));
    const folder = await studio.folderOf(build("two"));
    // The list of files is stored once all of them have been read.
    const end = studio.aws.onCall(async ({ operation, target }) => {
      if (operation !== "PutObject" || !target.includes("state/manifests/")) return;
      await writeFile(join(folder, "assets/index-two00000.js"), "still being written");
    });

    await expect(
      site.step({ mode: "apply", release: "v2", folder, order: "2" }),
    ).rejects.toMatchObject({ code: "file-changed" });

    end();
    expect(await site.shown()).toBe("v1");
  });
});

describe("a plan", () => {
  test("is made without any right", async () => {
    const folder = await studio.folderOf(build("one"));
    const nothing = { role: undefined, bucket: undefined, "key-value-store": undefined };
    const planned = await site.step({ mode: "plan", release: "v1", folder, ...nothing });
    expect(studio.aws.calls()).toEqual([]);

    const { outputs } = await site.step({ mode: "apply", release: "v1", folder, order: "1" });
    expect(planned.outputs["manifest-digest"]).toBe(outputs["manifest-digest"]);
    expect(planned.summary).toContain("assets/index-one00000.js");
  });
});

describe("a configuration", () => {
  test("is one file for each environment's addresses, which the release's pages name", async () => {
    const manifest = join(studio.world.dir, "manifest.json");
    await writeFile(
      manifest,
      JSON.stringify({
        ...{ format: "playbook.deployments", version: 1, index: 0, previous: null, writer: "w" },
        environment: "production",
        chains: {
          sepolia: { chainId: 5, contracts: [{ name: "Vault", address: "0xa", release: "v1" }] },
        },
      }),
    );
    const config = join(studio.world.dir, "config.json");
    await writeFile(config, '{"subgraph":"https://graph.example"}');

    await site.release("v1", build("one"), { manifest, config });

    const { text } = await site.page("/");
    const [, path = ""] = /playbook-config" content="([^"]+)"/.exec(text) ?? [];
    const answer = await site.page(path);
    expect(JSON.parse(answer.text)).toEqual({
      environment: "production",
      subgraph: "https://graph.example",
      chains: { sepolia: { chainId: 5, contracts: { Vault: "0xa" } } },
    });
    expect(answer.headers.get("cache-control")).toContain("immutable");

    await writeFile(config, '{"subgraph":"https://other.example"}');
    await site.release("v2", build("one"), { manifest, config });
    const next = /playbook-config" content="([^"]+)"/.exec((await site.page("/")).text)?.[1];
    expect(next).not.toBe(path);
    expect((await site.page(path)).status).toBe(200);
  });
});

describe("what a release goes on from", () => {
  test.each([
    [
      "its store",
      "ResourceNotFoundException",
      { operation: "DescribeKeyValueStore" },
      "store-missing",
    ],
    ["its list of files", "NoSuchKey", { key: /state\/manifests/ }, "manifest-torn"],
  ])("is missed by name when it is gone: %s", async (_, says, match, code) => {
    await site.release("v1", build("one"));
    const set = studio.aws.fault({ do: "status", status: 404, code: says, times: 9, match });

    await expect(site.release("v2", build("two"))).rejects.toMatchObject({ code });

    set.remove();
    expect(await site.shown()).toBe("v1");
  });
});
