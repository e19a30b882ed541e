import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { releaseTag, withAdditions } from "../src/html.ts";

const added = (page: string, config: string | null = null) =>
  withAdditions(Buffer.from(page), { release: "v1", config }).toString();

const TAG = releaseTag("v1");

test.each([
  ["<!doctype html><html><head><title>a</title>", "<!doctype html><html><head>^<title>a</title>"],
  ["<HTML><HEAD lang='>'>x", "<HTML><HEAD lang='>'>^x"],
  ["<!-- <head> --><head>x", "<!-- <head> --><head>^x"],
  ["<header>x</header><head >y", "<header>x</header><head >^y"],
  ["<html lang=en><title>a", "<html lang=en>^<title>a"],
  ["<!DOCTYPE html>\n<title>a", "<!DOCTYPE html>^\n<title>a"],
  ["<p>bare", "^<p>bare"],
  ["", "^"],
  ["<!-- never closed <head>", "^<!-- never closed <head>"],
])("in %j it goes to %j", (page, where) => {
  expect(added(page)).toBe(where.replace("^", TAG));
});

test("a page is left as it was around what is added, whatever its bytes are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const made = withAdditions(bytes, { release: "v1", config: null }).toString("latin1");
      const [before = "", after = "", ...more] = made.split(TAG);
      expect(more).toEqual([]);
      expect(before + after).toBe(Buffer.from(bytes).toString("latin1"));
    }),
    chance(),
  );
});

test("the configuration is named for the app, and fetched ahead", () => {
  const page = added("<head></head>", "/config.0123456789abcdef.json");
  expect(page).toContain('<meta name="playbook-config" content="/config.0123456789abcdef.json">');
  expect(page).toContain(
    '<link rel="preload" as="fetch" crossorigin href="/config.0123456789abcdef.json" data-config>',
  );
  expect(page).not.toContain("<script");
});

test("what it may connect to stands before whatever could connect", () => {
  const additions = { release: "v1", config: "/config.0.json", connect: "'self' https://a.dev" };
  const page = withAdditions(Buffer.from("<head><script>"), additions).toString();
  expect(page).toContain(
    `${TAG}<meta http-equiv="Content-Security-Policy" ` +
      "content=\"connect-src 'self' https://a.dev\"><meta",
  );
});
