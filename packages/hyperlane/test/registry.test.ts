import { addressesText, readAddresses } from "../src/index.ts";
import { account } from "./wishes.ts";

const addresses = { validatorAnnounce: account(2), mailbox: account(1) };

test("addresses are read as they were written, in the order of their names", () => {
  const text = addressesText(addresses);
  expect(text.split("\n").map((line) => line.split(":")[0])).toEqual([
    "mailbox",
    "validatorAnnounce",
    "",
  ]);
  expect(readAddresses(text, "addresses.yaml")).toEqual(addresses);
});

test("what is no address is left out, and a new chain's file may be empty", () => {
  expect(readAddresses("mailbox: cosmos1xyz\nproxyAdmin: 7\n", "a")).toEqual({});
  expect(readAddresses("", "a")).toEqual({});
});

test.each(["- a\n- b\n", "{", "just words"])(
  "what is no registry's file is refused: %s",
  (text) => {
    expect(() => readAddresses(text, "a")).toThrow(
      expect.objectContaining({ code: "bad-registry" }),
    );
  },
);
