import type { Address, Endpoint, Hex } from "@playbook/evm";
import { id } from "ethers";
import { heldBy } from "../../src/rights/held.ts";
import { hasNumberedRole, hasRole, selector } from "../../src/rights/question.ts";

const KEY = "0x00000000000000000000000000000000000000EE" as Address;
const OTHER = "0x00000000000000000000000000000000000000FF" as Address;
const VAULT = {
  chain: "alpha",
  contract: "Vault",
  address: "0x00000000000000000000000000000000000000AA" as Address,
};

const word = (value: string): Hex => `0x${value.slice(2).toLowerCase().padStart(64, "0")}`;
const [YES, NO] = [word("0x1"), word("0x0")];
const DEFAULT_ADMIN_ROLE = NO;

/** A contract that answers to these calls, and fails at all others. */
function look(answers: Record<string, Hex>, admin: Address = OTHER) {
  const endpoint = {
    answers: async (calls: { data: Hex }[]) => calls.map(({ data }) => answers[data]),
    words: async (addresses: Address[]) => addresses.map(() => word(admin)),
  };
  return { endpoint: endpoint as unknown as Endpoint, block: 7 };
}

const rights = async (answers: Record<string, Hex>, roles = {}, admin?: Address) => {
  const found = await heldBy(KEY, [VAULT], roles, look(answers, admin));
  return found.map(({ right }) => right);
};

test.each<[string, Record<string, Hex>, string[]]>([
  ["nothing", {}, []],
  ["its owner", { [selector("owner()")]: word(KEY) }, ["owner"]],
  ["an owner who is somebody else", { [selector("owner()")]: word(OTHER) }, []],
  ["one to come", { [selector("pendingOwner()")]: word(KEY) }, ["pendingOwner"]],
  [
    "one to come, with the time at which that may be",
    { [selector("pendingDefaultAdmin()")]: `${word(KEY)}${"0".repeat(64)}` },
    ["pendingDefaultAdmin"],
  ],
  ["the end of a longer word", { [selector("owner()")]: `0x1${word(KEY).slice(3)}` as Hex }, []],
  ["bytes that are no words", { [selector("owner()")]: "0x" }, []],
])("a contract that names %s", async (_, answers, expected) => {
  expect(await rights(answers)).toEqual(expected);
});

test("a proxy's admin is read where ERC-1967 keeps it", async () => {
  expect(await rights({}, {}, KEY)).toEqual(["admin"]);
});

test("roles are asked for by the ids that are known, and told by their names", async () => {
  const role = `0x${"ab".repeat(32)}`;
  const answers = {
    [hasRole(DEFAULT_ADMIN_ROLE, KEY)]: NO,
    [hasRole(role, KEY)]: YES,
  };
  expect(await rights(answers, { [role]: "AUDITOR_ROLE" })).toEqual(["AUDITOR_ROLE"]);
});

test("usual roles are asked for, too, though the build does not name them", async () => {
  const answers = {
    [hasRole(DEFAULT_ADMIN_ROLE, KEY)]: NO,
    [hasRole(id("PAUSER_ROLE"), KEY)]: YES,
  };
  expect(await rights(answers)).toEqual(["PAUSER_ROLE"]);
});

test("an AccessManager's roles are numbers, or what they were labelled", async () => {
  // Since when, and three words on delays.
  const said = (value: Hex) => `${value}${"0".repeat(3 * 64)}` as Hex;
  const answers = {
    [hasNumberedRole("0", KEY)]: said(word("0x66f2a1c0")),
    [hasNumberedRole("1", KEY)]: said(YES),
    [hasNumberedRole("2", KEY)]: said(NO),
    [hasNumberedRole("700", KEY)]: said(YES),
  };
  expect(await rights(answers, { "700": "RELEASER" })).toEqual([
    ...["ADMIN_ROLE", "role 1", "RELEASER"],
  ]);
});
