import { type Build, type Candidate, choose } from "../src/pull.ts";

const sha = "a".repeat(40);
const build: Build = { repository: "khalani/nexus", pull: { head: "mallory:feature" }, sha };

const open = (over: Partial<Candidate> = {}): Candidate => ({
  ...{ number: 7, html_url: "url-7", state: "open" },
  head: { label: "mallory:feature", sha },
  base: { repo: { full_name: "khalani/nexus" } },
  ...over,
});

test("the open pull request at the build's commit is found", () => {
  expect(choose([open()], build)).toEqual({ pull: { number: 7, url: "url-7" } });
});

test.each<{ says: string; candidates: Candidate[]; gone: RegExp }>([
  { says: "there is none", candidates: [], gone: /is open/ },
  { says: "it is closed", candidates: [open({ state: "closed" })], gone: /is open/ },
  {
    says: "it was pushed to since",
    candidates: [open({ head: { label: "mallory:feature", sha: "b".repeat(40) } })],
    gone: /has moved on from aaaaaaa/,
  },
  {
    says: "GitHub lists another branch's",
    candidates: [open({ head: { label: "alice:feature", sha } })],
    gone: /is open/,
  },
  {
    says: "its fork is gone",
    candidates: [open({ head: { label: null, sha } })],
    gone: /is open/,
  },
  {
    says: "it is opened in another repository",
    candidates: [open({ base: { repo: { full_name: "mallory/nexus" } } })],
    gone: /is open/,
  },
  {
    says: "two are at the same commit",
    candidates: [open(), open({ number: 8 })],
    gone: /several open pull requests/,
  },
])("none is found when $says", ({ candidates, gone }) => {
  expect(choose(candidates, build)).toEqual({ gone: expect.stringMatching(gone) });
});

test("an older pull request of the branch, at another commit, is not in the way", () => {
  const other = open({ number: 3, head: { label: "mallory:feature", sha: "c".repeat(40) } });
  expect(choose([other, open()], build)).toMatchObject({ pull: { number: 7 } });
});
