import {
  lowestAfter,
  newest,
  predecessor,
  readVersion,
  successor,
  type Version,
} from "../../scripts/release/version.ts";

const version = (text: string) => readVersion(text) as Version;

test.each(["1.2.3", "v1.2", "v1.2.x", "latest", ""])("%p is no version", (text) => {
  expect(readVersion(text)).toBeUndefined();
});

test("a prerelease knows that it is one", () => {
  expect(version("v1.2.3-rc.1")).toMatchObject({ tag: "v1.2.3-rc.1", prerelease: true });
  expect(version("v1.2.3")).toMatchObject({ tag: "v1.2.3", major: "v1", prerelease: false });
});

test("the predecessor is the highest lower release, by numbers and without prereleases", () => {
  const tags = ["v1", "v1.9.0", "v1.10.0", "v1.11.0-rc.1", "v2.0.0"];
  expect(predecessor(version("v1.11.0"), tags)?.tag).toBe("v1.10.0");
  expect(predecessor(version("v1.0.0"), tags)).toBeUndefined();
});

test("a version below a release of the same major would take the major tag back", () => {
  const tags = ["v1.10.0", "v2.0.0"];
  expect(successor(version("v1.9.1"), tags)?.tag).toBe("v1.10.0");
  expect(successor(version("v1.10.1"), tags)).toBeUndefined();
});

test("the newest release is no prerelease", () => {
  expect(newest(["v1", "v1.9.0", "v1.10.0", "v1.11.0-rc.1"])?.tag).toBe("v1.10.0");
  expect(newest(["v1"])).toBeUndefined();
});

const breaking = [{ breaking: false }, { breaking: true }];
const added = [{ breaking: false }];

test.each([
  { since: "v1.2.3", changes: [], lowest: "v1.2.4" },
  { since: "v1.2.3", changes: added, lowest: "v1.3.0" },
  { since: "v1.2.3", changes: breaking, lowest: "v2.0.0" },
  { since: "v0.2.3", changes: [], lowest: "v0.2.4" },
  { since: "v0.2.3", changes: added, lowest: "v0.3.0" },
  { since: "v0.2.3", changes: breaking, lowest: "v0.3.0" },
])("after $since, $changes makes it $lowest at least", ({ since, changes, lowest }) => {
  expect(lowestAfter(version(since), changes).tag).toBe(lowest);
});
