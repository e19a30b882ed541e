import type { Address, Held } from "@playbook/evm";
import { declaration, keeps, linesOf, rightsPlanned, undeclared } from "../../src/rights/keeps.ts";

const AT = "0x00000000000000000000000000000000000000AA" as Address;

const held = (contract: string | null, right: string, chain = "alpha"): Held => ({
  ...{ chain, address: AT, contract, right },
});

const isKept = (line: string, one: Held) => declaration(one, keeps.parse(line)) !== undefined;

test.each<[string, object[]]>([
  ["", []],
  ["Vault: owner", [{ contract: "Vault", right: "owner", reason: null }]],
  [
    "# all of it\n\nVault: owner, KEEPER_ROLE  # until the Safe is there\n",
    [
      { contract: "Vault", right: "owner", reason: "until the Safe is there" },
      { contract: "Vault", right: "KEEPER_ROLE", reason: "until the Safe is there" },
    ],
  ],
  ["Manager: role 1", [{ contract: "Manager", right: "role 1", reason: null }]],
  ["*: owner # a test chain", [{ contract: "*", right: "owner", reason: "a test chain" }]],
])("%j is read", (text, expected) => {
  expect(keeps.parse(text)).toEqual(expected);
});

test.each([
  ["Vault", "is not `contract: right`"],
  ["Vault:", "is not `contract: right`"],
  ["*: owner", "has no reason"],
  ["Vault: *", "has no reason"],
])("%j is refused", (text, expected) => {
  const { error } = keeps.safeParse(text);
  expect(error?.issues[0]?.message).toContain(expected);
});

test.each<[string, Held, boolean]>([
  ["Vault: owner", held("Vault", "owner"), true],
  ["vault: OWNER", held("Vault", "owner"), true],
  ["Vault: owner", held("Vault (proxy)", "owner"), true],
  [`Vault: owner`, held(`Vault (proxy)@${AT}`, "owner"), true],
  ["Vault: owner", held("VaultFactory", "owner"), false],
  ["Vault: owner", held("Vault", "pendingOwner"), false],
  [`${AT.toLowerCase()}: owner`, held(null, "owner"), true],
  ["*: owner # why", held(null, "owner"), true],
  ["Vault: * # why", held("Vault", "MINTER_ROLE"), true],
  ["Vault: * # why", held("Office", "MINTER_ROLE"), false],
])("%j says of a right whether it is kept", (line, one, expected) => {
  expect(isKept(line, one)).toBe(expected);
});

test("the lines that are offered declare what they were made of", () => {
  const all = [
    held("Vault (proxy)", "owner"),
    held("Vault (proxy)", "owner", "beta"),
    held("Vault (proxy)", "role 3"),
    held(null, "admin"),
  ];
  expect(linesOf(all)).toEqual(["Vault (proxy): owner, role 3", `${AT}: admin`]);
  expect(undeclared(all, keeps.parse(linesOf(all).join("\n")))).toEqual([]);
});

test("a right that several chains have is told once, with the chains", () => {
  const { why, next } = rightsPlanned([held("Vault", "owner"), held("Vault", "owner", "beta")]);
  expect(why).toContain("Vault: owner (alpha, beta)");
  expect(next).toContain("  keeps: |\n    Vault: owner");
});
