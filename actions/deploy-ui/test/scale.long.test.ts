import { createHash } from "node:crypto";
import { appendFile, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { contextForTests } from "@playbook/action/testing";
import { openS3Store } from "@playbook/aws";
import { openKeyValueStore } from "@playbook/site/key-value-store";
import { liveText } from "@playbook/site/live";
import type { Manifest, ReleaseFile } from "@playbook/site/manifest";
import { ROUTES } from "@playbook/site/testing";
import { digestOf } from "@playbook/state";
import { History } from "../src/history.ts";
import { launch } from "./child.ts";
import { openLine } from "./line.ts";
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

/** Requests of the site's role since the last `clearCalls`: operation and what it was for. */
function requests() {
  const own = studio.aws.calls().filter(({ principal }) => principal.includes("assumed-role"));
  const distinct = new Map(own.map((call) => [call.request, call]));
  return [...distinct.values()].map(({ operation, target }) => ({ operation, target }));
}

const isUpload = ({ operation, target }: { operation: string; target: string }) =>
  operation === "PutObject" && !target.includes("/state/");

describe("a bucket that holds 50,000 objects of ten releases", () => {
  const RELEASES = 10;
  const FILES = 5_000;

  const chunk = (release: number, at: number): ReleaseFile => {
    const path = `assets/chunk${at}-${String(release * FILES + at).padStart(8, "0")}.js`;
    const digest = digestOf(path);
    const type = "text/javascript; charset=utf-8";
    return { path, key: path, digest, size: path.length, type, cache: "public" };
  };

  /** Releases that were live one after the other, written as the action writes them. */
  async function past() {
    const { aws } = studio;
    const credentials = async () => aws.admin;
    const session = { region: aws.region, credentials, renew: () => {} };
    const context = contextForTests();
    const inputs = { session, bucket: site.Bucket, prefix: "state", context };
    const store = await openS3Store(inputs);
    const history = await History.open({ store, run: "a test", clock: context.clock });
    let before: string | null = null;
    let live = "";
    for (let number = 0; number < RELEASES; number += 1) {
      const release = `r${number}`;
      const files = Array.from({ length: FILES }, (_, index) => chunk(number, index));
      const told = { version: 1, release, commit: null, config: null, routes: ROUTES } as const;
      const manifest: Manifest = { ...told, files };
      await aws.fill(
        site.Bucket,
        files.map(({ key }) => key),
      );
      const digest = await history.keep(manifest);
      const begun = { release, manifest: digest, order: 0, commit: null };
      const previous = before;
      await history.record((_, at) => ({ kind: "begun", ...begun, at }));
      await history.record((_, at) => ({ kind: "live", release, previous, at }));
      before = release;
      live = liveText(manifest);
    }
    const values = openKeyValueStore({ session, store: site.KeyValueStore, context });
    await values.write(live, (await values.read()).etag);
  }

  test("costs a release of three changed files no more than an empty one would", async () => {
    await past();
    // What is live is what the last of them left.
    const files = Object.fromEntries(
      Array.from({ length: FILES }, (_, at) => chunk(RELEASES - 1, at)).map(({ path }) => [
        path,
        path,
      ]),
    );
    const changed = Object.fromEntries(
      [1, 2].map((at) => [`assets/chunk${at}-new00000.js`, `chunk ${at}`]),
    );
    const page = { "index.html": "<!doctype html><html><head></head><body></body></html>" };
    studio.aws.clearCalls();

    const all = { ...files, ...changed, ...page };
    // The objects of the past are empty: there is nothing to look at.
    const { outputs } = await site.release("next", all, { verify: "0" });

    expect(outputs).toMatchObject({ release: "next", changed: true, uploaded: 3 });
    const asked = requests();
    expect(asked.filter(isUpload)).toHaveLength(3);
    expect(asked.length - 3).toBeLessThanOrEqual(20);
    // The log's end, before and after the look at what is live: its role may list nothing else.
    expect(asked.filter(({ operation }) => operation.startsWith("List"))).toHaveLength(2);
    expect(await site.shown()).toBe("next");
  });
});

test("of 5,000 files exactly the three that have changed are uploaded, whatever their times", async () => {
  const chunks = (version: string, ...changed: number[]) =>
    Object.fromEntries(
      Array.from({ length: 4_998 }, (_, at) => {
        const name = changed.includes(at) ? version : "BCDf1234";
        return [`assets/chunk${at}-${name}.js`, `chunk ${at} ${name}`];
      }),
    );
  const page = (text: string) => ({
    "index.html": `<!doctype html><html><head></head><body>${text}</body></html>`,
  });
  const odd = "assets/a b ü#1?%41+-BCDf1234.js";
  const first = { ...chunks("1"), ...page("1"), [odd]: "odd" };
  await site.release("v1", first, { verify: "0" });
  studio.aws.clearCalls();

  const { outputs } = await site.release("v2", {
    ...first,
    ...page("2"),
    ...chunks("new00000", 7, 8),
  });

  expect(outputs).toMatchObject({ uploaded: 3 });
  const uploads = requests().filter(isUpload);
  expect(uploads.map(({ target }) => target).sort()).toEqual([
    `PUT /${site.Bucket}/assets/chunk7-new00000.js`,
    `PUT /${site.Bucket}/assets/chunk8-new00000.js`,
    `PUT /${site.Bucket}/releases/v2/index.html`,
  ]);
  expect((await site.page(`/${odd.split("/").map(encodeURIComponent).join("/")}`)).text).toBe(
    "odd",
  );
}, 300_000);

/** The most memory that a process has had, in bytes; 0 when it is gone. */
async function residentPeak(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

describe("a file of 150 MiB", () => {
  const MiB = 2 ** 20;
  const NAME = "assets/film-BCDf1234.mp4";

  async function folderWithFilm(): Promise<{ folder: string; digest: string }> {
    const folder = await studio.folderOf(build("v1"));
    const hash = createHash("sha256");
    const file = await open(join(folder, NAME), "w");
    for (let at = 0; at < 150; at += 1) {
      const piece = Buffer.alloc(MiB, `piece ${at} `);
      hash.update(piece);
      await file.write(piece);
    }
    await file.close();
    return { folder, digest: `sha256:${hash.digest("hex")}` };
  }

  async function digestOfFilm(): Promise<string> {
    const answer = await fetch(`${site.url}/${NAME}`);
    const hash = createHash("sha256").update(Buffer.from(await answer.arrayBuffer()));
    return `sha256:${hash.digest("hex")}`;
  }

  const given = (folder: string) =>
    site.given({ mode: "apply", release: "v1", order: "1", folder, verify: "1" });

  test("is uploaded by a process that never holds it, and again when a reply was lost", async () => {
    const { folder, digest } = await folderWithFilm();
    const film = { operation: "PutObject", key: /film/ };
    const fault = studio.aws.fault({ do: "break before", match: film });

    const { exited, output, pid } = await launch(studio, given(folder));
    let peak = 0;
    const sampling = setInterval(async () => {
      peak = Math.max(peak, await residentPeak(pid));
    }, 20);
    const { code } = await exited;
    clearInterval(sampling);

    expect({ code, output: code === 0 ? "" : output() }).toEqual({ code: 0, output: "" });
    expect(fault.hits).toBe(1);
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(300 * MiB);
    expect(await digestOfFilm()).toBe(digest);
  });

  test("that changes before its turn is one error, and what is live stays", async () => {
    await site.release("v0", build("v0"), { order: "0" });
    const { folder } = await folderWithFilm();
    // The list of files is stored once all of them have been read.
    const end = studio.aws.onCall(async ({ operation, target }) => {
      if (operation !== "PutObject" || !target.includes("state/manifests/")) return;
      await appendFile(join(folder, NAME), "more");
    });

    await expect(site.step(given(folder))).rejects.toMatchObject({ code: "file-changed" });

    end();
    expect((await site.page(`/${NAME}`)).status).toBe(404);
    expect(await site.shown()).toBe("v0");
  });

  test("that is cancelled in the middle is told in good order, and finished by the next run", async () => {
    await site.release("v0", build("v0"), { order: "0" });
    const { folder, digest } = await folderWithFilm();
    await using line = await openLine(studio.aws.url, 50 * MiB);
    const summary = join(studio.world.dir, "summary.md");

    const started = await launch(studio, given(folder), {
      ...{ AWS_ENDPOINT_URL: line.url, GITHUB_STEP_SUMMARY: summary },
    });
    await line.standing;
    process.kill(started.pid, "SIGINT");
    const { code, signal } = await started.exited;

    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(started.output().match(/::error/g)).toHaveLength(1);
    expect(await readFile(summary, "utf8")).toContain("It got SIGINT");
    const film = new HeadObjectCommand({ Bucket: site.Bucket, Key: NAME });
    await expect(new S3Client(studio.aws.clientConfig()).send(film)).rejects.toMatchObject({
      name: "NotFound",
    });
    expect(await site.shown()).toBe("v0");

    const { outputs } = await site.step(given(folder));
    expect(outputs).toMatchObject({ release: "v1", previous: "v0", changed: true });
    expect(await site.shown()).toBe("v1");
    expect(await digestOfFilm()).toBe(digest);
  });
});
