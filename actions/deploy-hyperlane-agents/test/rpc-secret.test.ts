import { urlsFlaw } from "../src/rpc-secret.ts";

test.each([
  "https://one.example/a-key",
  "https://one.example/a-key,http://two.example:8545",
  " https://one.example/a-key , https://two.example/a-key ",
  "https://one.example/a-key,\n  https://two.example/a-key\n",
])("agents take it as it is meant: %j", (value) => {
  expect(urlsFlaw(value)).toBeNull();
});

const one = "https://one.example/a-key";

test.each([
  ["", "it is empty"],
  ["\n", "it is empty"],
  [`${one},`, "nothing comes after its last comma"],
  [`${one},\n`, "nothing comes after its last comma"],
  [`,${one}`, "nothing comes before its first comma"],
  [`${one},,${one}`, "nothing is between two of its commas"],
  ["one.example/a-key", "its URL does not begin with https:// or http://"],
  [`${one},one.example/a-key`, "URL 2 of 2 does not begin with https:// or http://"],
  [`"${one}"`, "its URL does not begin with https:// or http://"],
  [`\uFEFF${one}`, "its URL is none"],
  ["https://:a-key", "its URL is none"],
])("agents end at their start over %j", (value, why) => {
  expect(urlsFlaw(value)).toEqual({ why, isFatal: true });
});

const broken = "has a line break or a space in it: between URLs, agents know commas alone";

test.each([
  [`${one}\n${one}\n`, `its URL ${broken}`],
  [`${one} ${one}`, `its URL ${broken}`],
  ["wss://one.example/a-key", "its URL does not begin with https:// or http://"],
  ["one.example:8545/a-key", "its URL does not begin with https:// or http://"],
])("agents reach nobody by %j, and by the others of a list", (value, why) => {
  expect(urlsFlaw(value)).toEqual({ why, isFatal: true });
  const second = why.replace("its URL", "URL 2 of 2");
  expect(urlsFlaw(`${one},${value}`)).toEqual({ why: second, isFatal: false });
});
