import { manifestOf } from "@playbook/site/testing";
import { digestOf } from "@playbook/state";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { onlyIn, unreachable } from "../src/garbage.ts";
import { after, NOTHING, type Release, type Site } from "../src/site.ts";

const HOUR = 3_600_000;
const NOW = 100 * HOUR;

const release = (id: string, over: Partial<Release> = {}): Release => ({
  ...{ id, manifest: digestOf(id), order: 1, commit: null, status: "done", begun: 0, until: 1 },
  ...{ previous: null, seen: true, ...over },
});

const site = (releases: Release[], over: Partial<Site> = {}): Site => {
  return { ...NOTHING, live: releases.at(-1)?.id ?? null, releases, ...over };
};

const gone = (given: Site, keep = 2) => unreachable(given, keep, NOW).map(({ id }) => id);

const four = ["a", "b", "c", "d"].map((id) => release(id));

test("the last releases that were live are kept, the others are not", () => {
  expect(gone(site(four))).toEqual(["a", "b"]);
});

test("nothing is collected while a release is open", () => {
  const open = release("e", { status: "open", begun: NOW - 1, until: null });
  expect(gone(site([...four, open], { live: "d" }))).toEqual([]);
});

test("one that was begun a day ago and never finished holds nothing up, and keeps its own", () => {
  const begun = (at: number) => release("e", { status: "open", begun: at, until: null });
  expect(gone(site([...four, begun(NOW - 23 * HOUR)], { live: "d" }))).toEqual([]);
  expect(gone(site([...four, begun(NOW - 25 * HOUR)], { live: "d" }))).toEqual(["a", "b"]);
});

test("what was live within 24 hours is kept, whoever has it open", () => {
  const recent = four.map((one) => ({ ...one, until: NOW - 23 * HOUR }));
  expect(gone(site(recent))).toEqual([]);
  expect(gone(site(four.map((one) => ({ ...one, until: NOW - 25 * HOUR }))))).toEqual(["a", "b"]);
});

test("what is live and what was before it are kept, however many have come since", () => {
  const live = [...four.slice(0, 1), release("b", { previous: "a" }), ...four.slice(2)];
  expect(gone(site(live, { live: "b" }), 1)).toEqual(["c"]);
});

test("a release that failed goes a day after it was begun", () => {
  const failed = (begun: number) => release("x", { status: "failed", begun, until: null });
  expect(gone(site([failed(NOW - 25 * HOUR), ...four.slice(2)]))).toEqual(["x"]);
  expect(gone(site([failed(NOW - 23 * HOUR), ...four.slice(2)]))).toEqual([]);
});

test("no file goes that a release needs which stays, and none stays that none needs", () => {
  const contents = fc.dictionary(
    fc.constantFrom("assets/a", "assets/b", "c", "d"),
    fc.constant("x"),
  );
  const manifests = fc
    .array(contents, { maxLength: 5 })
    .map((all) => all.map((files, index) => manifestOf(`v${index}`, files)));
  fc.assert(
    fc.property(manifests, fc.nat(5), (all, at) => {
      const [dead, kept] = [all.slice(0, at), all.slice(at)];
      const keys = new Set(onlyIn(dead, kept));
      const needed = kept.flatMap(({ files }) => files.map(({ key }) => key));
      expect(needed.filter((key) => keys.has(key))).toEqual([]);
      const deadKeys = dead.flatMap(({ files }) => files.map(({ key }) => key));
      expect(deadKeys.filter((key) => !keys.has(key) && !needed.includes(key))).toEqual([]);
    }),
    chance(),
  );
});

test("releases that are being collected are none to go back to, nor to be collected again", () => {
  const releases = ["a", "b"];
  const collecting = after(site(four), { kind: "collecting", releases, at: NOW });
  expect(collecting.releases.map(({ id }) => id)).toEqual(["c", "d"]);
  expect(gone(collecting, 1)).toEqual([]);
  const collected = after(collecting, { kind: "collected", releases, files: 1, at: NOW });
  expect(collected.collecting).toBeNull();
});
