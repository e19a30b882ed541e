import fc from "fast-check";
import { chance } from "../../../../test/chance.ts";
import { unquote } from "../../src/plan/words.ts";

const refuse = (why: string) => new Error(why);

test.each([
  ["a  b\tc", ["a", "b", "c"]],
  [`'a b' "c d"`, ["a b", "c d"]],
  [`a'b'"c"d`, ["abcd"]],
  [`"" ''`, ["", ""]],
  [`a\\ b \\"`, ["a b", '"']],
  [`"a\\"b\\\\c\\d"`, ['a"b\\c\\d']],
  [`'a\\b'`, ["a\\b"]],
  [`'$HOME & co'`, ["$HOME & co"]],
  [`'$(date)'`, ["$(date)"]],
  ["A=$(cat 'a )' | jq -r '.a') b", [`A=\0cat 'a )' | jq -r '.a'\0`, "b"]],
  [`"a $(echo $((1+1)) "b c") d"`, [`a \0echo $((1+1)) "b c"\0 d`]],
])("%s has the words that a shell finds", (line, words) => {
  expect(unquote(line, refuse)).toEqual(words);
});

test("whatever is quoted comes out as it was", () => {
  const quoted = (text: string) => `'${text.replaceAll("'", `'"'"'`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
      expect(unquote(words.map(quoted).join(" "), refuse)).toEqual(words);
    }),
    chance(),
  );
});
