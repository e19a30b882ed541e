import { committedAt } from "../src/commit.ts";

const commit = { id: "abc", timestamp: "2026-01-02T03:04:05Z" };
const SECONDS = Date.parse(commit.timestamp) / 1_000;

test.each([
  ["a push", { head_commit: commit }, SECONDS],
  ["a push of another commit", { head_commit: { ...commit, id: "def" } }, undefined],
  ["a build that another workflow made", { workflow_run: { head_commit: commit } }, SECONDS],
  ["a run by hand", { inputs: {} }, undefined],
  ["a tag without a commit", { head_commit: null }, undefined],
  ["a time that is none", { head_commit: { ...commit, timestamp: "yesterday" } }, undefined],
])("of %s the commit's time is known or not", (_, event, time) => {
  expect(committedAt(JSON.stringify(event), "abc")).toBe(time);
});
