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

test("what is not looked for may be no address, and a new chain's file may be empty", () => {
  expect(readAddresses("explorer: none\nadded: 7\nwarpRoute:\n", "a")).toEqual({});
  expect(readAddresses("", "a")).toEqual({});
});

const good = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const mistyped = good.replace("f39F", "F39F");

test.each([
  ["mailbox: cosmos1xyz", 'mailbox is no address: "cosmos1xyz"'],
  [`mailbox: "${good.slice(0, -1)}"`, "mailbox is no address"],
  [`proxyAdmin: "${mistyped}"`, `proxyAdmin is no address: "${mistyped}"`],
  [`mailbox: ${good}`, "mailbox is a number to YAML: quote the address"],
  ["mailbox:", "mailbox is empty"],
  ['mailbox: ""', "mailbox is empty"],
])(
  "a contract whose address is none is refused, for it would be deployed anew: %s",
  (text, why) => {
    expect(() => readAddresses(text, "a")).toThrow(
      expect.objectContaining({ code: "bad-registry", why: expect.stringContaining(why) }),
    );
  },
);

test.each(["- a\n- b\n", "{", "just words"])(
  "what is no registry's file is refused: %s",
  (text) => {
    expect(() => readAddresses(text, "a")).toThrow(
      expect.objectContaining({ code: "bad-registry" }),
    );
  },
);
