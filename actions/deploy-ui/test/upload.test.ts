import { manifestDigest, manifestText, readManifest } from "@playbook/site/manifest";
import { manifestOf } from "@playbook/site/testing";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { stored, uploadsOf } from "../src/upload.ts";

const paths = (files: { path: string }[]) => files.map(({ path }) => path);

const one = manifestOf("v1", { "index.html": "1", "assets/a-12345678.js": "a", "robots.txt": "r" });

test("a first release uploads all of it, pages last", () => {
  expect(paths(uploadsOf(one, new Map()))).toEqual([
    "assets/a-12345678.js",
    "robots.txt",
    "index.html",
  ]);
});

test("a second one uploads what is its own, and what is shared only where it is new", () => {
  const two = manifestOf("v2", {
    ...{ "index.html": "2", "assets/a-12345678.js": "a", "assets/b-12345678.js": "b" },
  });
  expect(paths(uploadsOf(two, stored([one])))).toEqual(["assets/b-12345678.js", "index.html"]);
});

test("a shared name with another content is refused, by its name and the input to use", () => {
  const two = manifestOf("v2", { "assets/a-12345678.js": "other" });
  expect(() => uploadsOf(two, stored([one]))).toThrow(
    expect.objectContaining({
      code: "file-conflict",
      what: expect.stringContaining("/assets/a-12345678.js"),
      next: expect.stringContaining("per-release"),
    }),
  );
});

test("where files lie at their paths, what another run has begun to write is in doubt", () => {
  const plain = (release: string, contents: Record<string, string>) => {
    const made = manifestOf(release, contents);
    return { ...made, files: made.files.map((file) => ({ ...file, key: file.path })) };
  };
  const live = plain("v1", { "index.html": "1", "robots.txt": "r" });
  const killed = plain("v2", { "index.html": "2", "robots.txt": "r" });
  const next = plain("v3", { "index.html": "1", "robots.txt": "r" });
  expect(paths(uploadsOf(next, stored([live])))).toEqual([]);
  expect(paths(uploadsOf(next, stored([live], [killed])))).toEqual(["index.html"]);
});

test("a manifest has one text and one digest, in whatever order its files were found", () => {
  const contents = fc.dictionary(fc.string({ minLength: 1 }), fc.string());
  fc.assert(
    fc.property(contents, (files) => {
      const made = manifestOf("v1", files);
      const turned = { ...made, files: made.files.toReversed() };
      expect(manifestDigest(turned)).toBe(manifestDigest(made));
      expect(manifestText(readManifest(manifestText(made)))).toBe(manifestText(made));
    }),
    chance(),
  );
});
