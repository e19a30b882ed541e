import { isOwnText, markOf, messageOf, textOf } from "../src/mark.ts";

const mark = { order: 7, digest: "d".repeat(40) };
const within = { tree: "1".repeat(40), parents: ["2".repeat(40)] };
const message = messageOf("Registry of production", mark, within);

test("a commit is known again, with or without a line end after its message", () => {
  expect(markOf({ message, ...within })).toEqual(mark);
  expect(markOf({ message: `${message}\n`, ...within })).toEqual(mark);
});

test.each([
  { says: "has another tree", commit: { message, ...within, tree: "3".repeat(40) } },
  { says: "has another parent", commit: { message, ...within, parents: ["3".repeat(40)] } },
  { says: "is a merge", commit: { message, ...within, parents: [...within.parents, "3"] } },
  { says: "has other words", commit: { ...within, message: `Reviewed: ${message}` } },
  { says: "quotes the mark", commit: { ...within, message: `Revert\n\n${message}` } },
  { says: "has no mark", commit: { ...within, message: "Fix the registry" } },
])("a commit that $says is a person's", ({ commit }) => {
  expect(markOf(commit)).toBeUndefined();
});

test("words are known again, whatever line ends GitHub gives back", () => {
  const words = { title: "Registry", body: "One.\n\nTwo." };
  const body = textOf(words);

  expect(isOwnText({ ...words, body })).toBe(true);
  expect(isOwnText({ ...words, body: body.replaceAll("\n", "\r\n") })).toBe(true);
  expect(isOwnText({ ...words, body: textOf({ ...words, body: "" }) })).toBe(true);
  expect(isOwnText({ ...words, title: "Mine", body })).toBe(false);
  expect(isOwnText({ ...words, body: body.replace("Two", "2") })).toBe(false);
  expect(isOwnText({ ...words, body: "Written by a person." })).toBe(false);
});
