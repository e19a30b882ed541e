import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { digestOf } from "@playbook/state";
import { configFile } from "../src/config.ts";
import { readFolder } from "../src/folder.ts";
import type { ReleaseFile } from "../src/manifest.ts";
import { makeRelease } from "../src/release.ts";
import { type Asked, routesOf } from "../src/routes.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "release-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hash = (kind: string, content: string | Uint8Array) =>
  createHash(kind).update(content).digest("hex");

/** A build's files as the release `v1` of it serves them, by their paths. */
async function released(build: Record<string, string>, config?: object) {
  for (const [path, content] of Object.entries(build)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const built = await readFolder(folder);
  const asked: Asked = { immutable: undefined, perRelease: [], routing: "files" };
  const { manifest, contentOf } = await makeRelease({
    ...{ folder, built, release: "v1", commit: null, rules: [], isPlain: false },
    routes: routesOf(Object.keys(build), asked, undefined),
    config: config && configFile({ ...config }),
  });
  const served: Record<string, string> = {};
  for (const file of manifest.files) {
    const bytes = Buffer.from((await contentOf(file)) as Uint8Array);
    expect({ digest: digestOf(bytes), size: bytes.length }).toEqual({
      ...{ digest: file.digest, size: file.size },
    });
    served[file.path] = bytes.toString();
  }
  return served;
}

const PAGE = "<!doctype html><head></head>";

describe("a service worker's list of files", () => {
  test("has the revisions of the pages as they are served, with workbox", async () => {
    const other = hash("md5", "manifest");
    const list = (index: string, about: string) =>
      `precacheAndRoute([{url:"index.html",revision:"${index}"},` +
      `{revision:'${about}',url:'about.html'},{url:"m.webmanifest",revision:"${other}"}])`;
    const served = await released({
      "index.html": PAGE,
      "about.html": `${PAGE}about`,
      "sw.js": list(hash("md5", PAGE), hash("md5", `${PAGE}about`)),
    });

    const [index = "", about = ""] = [served["index.html"], served["about.html"]];
    expect(index).not.toBe(PAGE);
    expect(served["sw.js"]).toBe(list(hash("md5", index), hash("md5", about)));
  });

  test("has their digests, which Angular's refuses a page without", async () => {
    const served = await released({
      "index.html": PAGE,
      "ngsw.json": JSON.stringify({ hashTable: { "/index.html": hash("sha1", PAGE) } }),
    });

    const { hashTable } = JSON.parse(served["ngsw.json"] ?? "");
    expect(hashTable).toEqual({ "/index.html": hash("sha1", served["index.html"] ?? "") });
  });

  test("is another one when nothing but the configuration is", async () => {
    const build = { "index.html": PAGE, "sw.js": `{revision:"${hash("md5", PAGE)}"}` };
    const [one, other] = [await released(build, { a: 1 }), await released(build, { a: 2 })];
    expect(one["sw.js"]).not.toBe(other["sw.js"]);
  });

  test("is left alone where releases share it, and in whatever is no list", async () => {
    const list = `{revision:"${hash("md5", PAGE)}"}`;
    const build = { "assets/sw-BCDf1234.js": list, "data.json": list, "sw.txt": list };
    expect(await released({ "index.html": PAGE, ...build })).toMatchObject(build);
  });
});

test("a file that is called a page and is none is left as it is, as what a search engine looks for", async () => {
  const build = {
    "google1234.html": "google-site-verification: google1234.html",
    "parts/card.html": "<div>card</div>",
  };
  expect(await released({ "index.html": PAGE, ...build })).toMatchObject(build);
});

test.each(["<html>a", "<HEAD>a", "<!DOCTYPE html>a", "\n<title>a</title>a", "\ufeff<html>a"])(
  "%j is a page",
  async (page) => {
    const served = await released({ "index.html": "anything", "a.html": page });
    for (const path of ["index.html", "a.html"]) expect(served[path]).toContain("playbook-release");
  },
);

test.each([
  { isPlain: false, connectSources: undefined, connect: "'self' data: blob:" },
  { isPlain: false, connectSources: ["*"], connect: undefined },
  { isPlain: true, connectSources: undefined, connect: undefined },
  { isPlain: true, connectSources: ["https://a.dev"], connect: "'self' data: blob: https://a.dev" },
])(
  "$connectSources of a site that is plain: $isPlain, lets pages connect to $connect",
  async (one) => {
    const { connect, ...wanted } = one;
    await writeFile(join(folder, "index.html"), PAGE);
    const built = await readFolder(folder);
    const asked: Asked = { immutable: undefined, perRelease: [], routing: "files" };
    const { manifest, contentOf } = await makeRelease({
      ...{ folder, built, release: "v1", commit: null, rules: [], config: undefined },
      ...{ routes: routesOf(["index.html"], asked, undefined), ...wanted },
    });

    expect(manifest.connect).toBe(connect);
    const page = String(await contentOf(manifest.files[0] as ReleaseFile));
    expect(/content="connect-src ([^"]*)"/.exec(page)?.[1]).toBe(connect);
  },
);
