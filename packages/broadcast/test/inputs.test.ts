import { urls } from "../src/inputs.ts";

const read = (text: string) => urls.safeParse(text);
const listed = (text: string) => read(text).data?.map(({ name, value }) => `${name} ${value}`);

const [one, two] = ["https://one.example/a-key", "https://two.example/?key=a-key"];

test.each([
  ["a line each", `axon=${one}\naxon = ${two}`],
  ["commas, as the agents' Secrets have them", `axon=${one},${two}`],
  ["commas and spaces, and one at the end", `axon= ${one} , ${two} ,`],
  ["a secret of several lines", `axon=${one}\n${two}\n`],
  ["a secret of several lines with commas", `axon=\n  ${one},\n  ${two},\n\n`],
])("several URLs of a chain: %s", (_, text) => {
  expect(listed(`base=http://127.0.0.1:8545\n${text}`)).toEqual([
    "base http://127.0.0.1:8545",
    `axon ${one}`,
    `axon ${two}`,
  ]);
});

const noUrl = "the value of axon is no URL that begins with http:// or https://.";
const noName = "has a line that is not `name=value`.";

test.each([
  ["axon=", noUrl],
  ["axon=,", noUrl],
  ["axon=one.example/a-key", noUrl],
  [`axon=${one},two.example/a-key`, noUrl],
  [`axon=${one} ${two}`, noUrl],
  ["axon=wss://one.example/a-key", noUrl],
  [two, noName],
  [`axon=${one}\ntwo.example/a-key`, noName],
  [`axon=${one}\nwss://two.example/a-key?of=it`, noName],
])("a wrong one is told by its name alone: %s", (text, why) => {
  expect(read(text).error?.issues.map(({ message }) => message)).toEqual([why]);
});
