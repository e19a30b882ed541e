import { textOf } from "../src/mark.ts";
import { type Branch, next, type Pull, type Seen, type Wanted } from "../src/next.ts";

const words = { title: "Registry", body: "What was deployed." };
const wanted: Wanted = { ...words, order: 5, digest: "a" };
const nothing: Wanted = { ...wanted, digest: "" };

const ours = (digest = "a", order = 4, more: Partial<Branch> = {}): Branch => ({
  ...{ sha: "1", mark: { digest, order }, holds: false, ended: undefined, ...more },
});
const theirs: Branch = { sha: "2", mark: undefined, holds: false, ended: undefined };
const pull: Pull = { number: 7, url: "url-7", title: words.title, body: textOf(words) };

test.each<{ says: string; seen: Partial<Seen>; does: object }>([
  { says: "no branch: it is made", seen: {}, does: { do: "create" } },
  {
    says: "an older branch: it moves",
    seen: { branch: ours("b") },
    does: { do: "move", from: "1" },
  },
  { says: "the right branch: a pull request", seen: { branch: ours() }, does: { do: "open" } },
  {
    says: "the right branch, merged once: it moves onto the base",
    seen: { branch: ours("a", 4, { ended: "merged" }) },
    does: { do: "move", from: "1" },
  },
  {
    says: "a pull request that somebody closed: another",
    seen: { branch: ours("a", 4, { ended: "closed" }) },
    does: { do: "open" },
  },
  { says: "commits of a person: nothing", seen: { branch: theirs, pull }, does: { do: "refuse" } },
  {
    says: "commits of a person that were merged: it moves",
    seen: { branch: { ...theirs, ended: "merged" } },
    does: { do: "move", from: "2" },
  },
  {
    says: "commits of a person that have the files: well",
    seen: { branch: { ...theirs, holds: true }, pull },
    does: { do: "end", because: "proposed" },
  },
  {
    says: "a newer run's files and pull request: they stay",
    seen: { branch: ours("b", 6), pull },
    does: { do: "end", because: "newer run" },
  },
  {
    says: "a newer run's files without a pull request: it gets one",
    seen: { branch: ours("b", 6) },
    does: { do: "open" },
  },
  {
    says: "a newer run's files that were merged: it moves",
    seen: { branch: ours("b", 6, { ended: "merged" }) },
    does: { do: "move", from: "1" },
  },
  {
    says: "words of an earlier run: they change",
    seen: { branch: ours(), pull: { ...pull, ...older("An older title") } },
    does: { do: "edit", number: 7 },
  },
  {
    says: "words that a person changed: they stay",
    seen: { branch: ours(), pull: { ...pull, title: "Let us talk about it" } },
    does: { do: "end", because: "proposed" },
  },
  {
    says: "all as it is to be: nothing",
    seen: { branch: ours(), pull },
    does: { do: "end", because: "proposed" },
  },
])("where files differ and there is $says", ({ seen, does }) => {
  expect(next({ branch: undefined, pull: undefined, ...seen }, wanted)).toEqual(does);
});

test.each<{ says: string; seen: Partial<Seen>; does: object }>([
  { says: "nothing", seen: {}, does: { do: "end", because: "nothing differs" } },
  {
    says: "a branch that was merged",
    seen: { branch: ours("b", 4, { ended: "merged" }) },
    does: { do: "end", because: "nothing differs" },
  },
  {
    says: "a pull request of an earlier run: it is closed",
    seen: { branch: ours(), pull },
    does: { do: "close", number: 7 },
  },
  {
    says: "one of a newer run: it stays",
    seen: { branch: ours("b", 6), pull },
    does: { do: "end", because: "newer run" },
  },
  {
    says: "one with commits of a person: it stays",
    seen: { branch: theirs, pull },
    does: { do: "end", because: "others' commits" },
  },
])("where nothing differs and there is $says", ({ seen, does }) => {
  expect(next({ branch: undefined, pull: undefined, ...seen }, nothing)).toEqual(does);
});

function older(title: string): { title: string; body: string } {
  return { title, body: textOf({ title, body: "older" }) };
}
