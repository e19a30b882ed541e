import type { Address, Hex, Plan, Step } from "@playbook/evm";
import { compare, placeOf } from "../../src/promotion/compare.ts";
import { checkPromotion, differs } from "../../src/promotion/promoted.ts";

const address = (end: string) => `0x${end.padStart(40, "0")}` as Address;
const bare = (end: string) => end.padStart(64, "0");

/** A vault that is made, told a limit, and told of the vaults elsewhere. */
function release(environment: string, chains: string[], over: (at: number) => object[] = () => []) {
  const steps = chains.flatMap((chain, at) => {
    const vault = address(`${environment.length}${at}a`);
    const own: Partial<Step>[] = [
      {
        ...{ kind: "create", to: null, label: "new Vault()", data: "0x6001" },
        creates: [{ address: vault, contract: "Vault", code: "0x11" }],
      },
      { kind: "call", to: vault, label: "Vault.setLimit(5)", data: `0xaabbccdd${bare("5")}` },
      {
        kind: "call",
        to: vault,
        label: "Vault.trust(Vault)",
        data: `0x11223344${bare(vault.slice(2))}`,
      },
    ];
    const changed = over(at);
    return own.map((step, position) => ({
      ...{ id: `${chain}/${position}`, chain, script: 0, nonce: position, value: 0n, gas: 1 },
      ...{ creates: [], after: [], waits: null },
      ...step,
      ...changed[position],
    }));
  });
  const deployment = { repository: "acme/vault", environment, release: "v1" };
  return {
    ...{ deployment, sender: address(environment === "staging" ? "51" : "52") },
    ...{ chains: chains.map((name) => ({ name })), steps },
  } as unknown as Plan;
}

const staging = release("staging", ["sepolia"]);

test("the same release elsewhere has other addresses and nothing else", () => {
  const production = release("production", ["ethereum", "base"]);
  expect(compare(staging, production)).toEqual({ breaks: [], differences: [] });
});

test("another value is a difference, told where it is, and allowed where that is declared", () => {
  const limit = { label: "Vault.setLimit(7)", data: `0xaabbccdd${bare("7")}` };
  const production = release("production", ["ethereum"], () => [{}, limit]);

  expect(compare(staging, production)).toEqual({
    breaks: [],
    differences: [
      {
        where: "Vault.setLimit",
        chain: "ethereum",
        before: "Vault.setLimit(5)",
        now: "Vault.setLimit(7)",
      },
    ],
  });
  const check = (text: string) => () =>
    checkPromotion({ plan: staging, digest: "sha256:0" }, production, differs.parse(text));
  expect(check("")).toThrow(
    expect.objectContaining({
      code: "promotion-differs",
      next: expect.stringContaining("  differs: |\n    Vault.setLimit"),
    }),
  );
  expect(check("Vault.setLimit # richer")).not.toThrow();
  expect(check("* # all of it is known")).not.toThrow();
});

test.each<[string, object[], string]>([
  [
    "other bytecode under the same name",
    [{ creates: [{ address: address("1"), contract: "Vault", code: "0x22" as Hex }] }],
    '"new Vault()" with other bytecode',
  ],
  ["another function", [{}, { label: "Vault.open()", data: "0x99999999" }], '"Vault.open()"'],
  ["another kind of step", [{}, { kind: "transfer", label: "send 1" }], '"send 1"'],
])("%s is no difference that could be declared", (_, over, expected) => {
  const production = release("production", ["ethereum"], () => over);
  const { breaks, differences } = compare(staging, production);
  expect(breaks).toEqual([expect.stringContaining(expected)]);
  expect(differences).toEqual([]);
  expect(() =>
    checkPromotion({ plan: staging, digest: "sha256:0" }, production, differs.parse("* # why not")),
  ).toThrow(expect.objectContaining({ code: "promotion-differs" }));
});

test("a step more or less is told by its label", () => {
  const less = { ...staging, steps: staging.steps.slice(0, 2) };
  expect(compare(less, staging).breaks).toEqual([
    'Step 2 of sepolia, compared with sepolia: "Vault.trust(Vault)" is new.',
  ]);
  expect(compare(staging, less).breaks).toEqual([
    'Step 2 of sepolia, compared with sepolia: "Vault.trust(Vault)" is missing.',
  ]);
});

test("what only one chain did there must be done by one here", () => {
  const hub = [{}, {}, { label: "Hub.open()", to: address("1"), data: "0x55555555" }];
  const both = release("staging", ["hub", "spoke"], (at) => (at === 0 ? hub : []));
  const spokes = release("production", ["one", "two"]);
  expect(compare(both, spokes).breaks).toEqual(["No chain does what hub did there."]);
  const whole = release("production", ["a", "b", "c"], (at) => (at === 2 ? hub : []));
  expect(compare(both, whole)).toMatchObject({ breaks: [], differences: [] });
});

test("a value that is sent counts", () => {
  const paid = release("production", ["ethereum"], () => [{}, { value: 1n }]);
  expect(compare(staging, paid).differences).toHaveLength(1);
});

test("a part repeats the same part", () => {
  const part = { ...staging, deployment: { ...staging.deployment, part: 2 } };
  expect(compare(staging, part).breaks).toEqual(["It is part 2 and was part none."]);
});

test.each([
  ["new Vault{salt: 0x1}(5)", "create", "new Vault"],
  ["Vault (proxy).grant(KEEPER_ROLE, sender)", "call", "Vault (proxy).grant"],
  ["send 1 ETH to 0x1", "transfer", "send"],
] as const)("%s is declared as its place", (label, kind, expected) => {
  expect(placeOf({ label, kind })).toBe(expected);
});
