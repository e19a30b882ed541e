import { manifestOf } from "@playbook/site/testing";
import { summarize, summarizePlan } from "../src/summary.ts";

const before = manifestOf("v1", {
  ...{ "index.html": "1", "assets/index-a1a1a1a1.js": "x".repeat(1_000), "robots.txt": "r" },
});
const manifest = manifestOf("v2", {
  ...{ "index.html": "1", "assets/index-b2b2b2b2.js": "x".repeat(3_500), "robots.txt": "r" },
});
const done = {
  ...{ manifest, uploads: manifest.files.slice(0, 2), changed: true, before },
  ...{ environment: "production", url: "https://app.example.com" },
};

test("a release says where it is live, in place of what, and what was uploaded", () => {
  const text = summarize(done);
  expect(text).toContain("## production: `v2`");
  expect(text).toContain("**[app.example.com](https://app.example.com)** shows it");
  expect(text).toContain("in place of `v1`. 2 files (3.5 kB) were uploaded.");
});

test("what has grown is told file by file, whatever hash is in its name", () => {
  const text = summarize(done);
  expect(text).toContain("| Shared by releases | 1 | 3.5 kB | +2.5 kB |");
  expect(text).toContain("| `assets/index-b2b2b2b2.js` | 3.5 kB | +2.5 kB |");
  expect(text).not.toContain("`robots.txt`");
});

test("a run that found it live says so", () => {
  expect(summarize({ ...done, changed: false, uploads: [] })).toContain(
    "shows it, as it did. Nothing had to be uploaded.",
  );
});

test("a plan shows the largest files and how they are served", () => {
  expect(summarizePlan(manifest)).toContain("| `assets/index-b2b2b2b2.js` | 3.5 kB | `no-cache` |");
});

test("a file that is new or gone is called so", () => {
  const now = manifestOf("v2", { "index.html": "1", "assets/Chart-c3c3c3c3.js": "chart" });
  const text = summarize({ ...done, manifest: now });
  expect(text).toContain("| `assets/Chart-c3c3c3c3.js` | 5 B | new |");
  expect(text).toContain("| `assets/index-a1a1a1a1.js` | gone | −1.0 kB |");
});

test("a commit's name is short, and whole where somebody needs it to go back", () => {
  const sha = "9c0ffee1a7be03c1e6f0a9d8c7b6a5f4e3d2c1b0";
  const text = summarize({ ...done, before: { ...before, release: sha } });
  expect(text).toContain("in place of `9c0ffee`.");
  expect(text).toContain(`\`rollback-to: ${sha}\``);
});

test("what pages may connect to is told", () => {
  const own = "'self' data: blob:";
  const alone = { ...manifest, connect: own };
  const told = { ...manifest, connect: `${own} https://graph.acme.dev wss://relay.acme.dev` };
  expect(summarizePlan(alone)).toContain("Its pages connect to their own site alone.");
  expect(summarize({ ...done, manifest: told })).toContain(
    "Its pages connect to their own site and `https://graph.acme.dev`, `wss://relay.acme.dev`.",
  );
});
