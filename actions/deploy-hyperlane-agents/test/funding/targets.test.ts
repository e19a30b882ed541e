import type { KnownChain } from "@playbook/hyperlane";
import { fundingOf, inUnits, targets } from "../../src/funding/targets.ts";

const ONE = 10n ** 18n;

test("a line says up to how much a chain's agents are paid, in coins", () => {
  const text = "chain5 validator=0.01 relayer=0.5 below=0.1\nchain7 relayer=2 # dear\n";
  expect(targets.parse(text)).toEqual([
    { chain: "chain5", validator: ONE / 100n, relayer: ONE / 2n, below: ONE / 10n },
    { chain: "chain7", relayer: 2n * ONE },
  ]);
});

test.each([
  ["chain5 relayer=1,5", '"relayer=1,5" is not'],
  ["chain5 relayer=-1", '"relayer=-1" is not'],
  ["chain5 relayer=1eth", '"relayer=1eth" is not'],
  ["chain5 relayer=0.0000000000000000001", "is not"],
  ["chain5 relayers=1", '"relayers=1" is not'],
  ["chain5 relayer = 1", '"=" is not'],
  ["chain5 relayer=1 relayer=2", "chain5 has two amounts for relayer"],
  ["chain5 relayer=1\nchain5 validator=1", "chain5 has two lines"],
  ["chain5", "neither validator= nor relayer="],
  ["chain5 relayer=0", "neither validator= nor relayer="],
  ["chain5 below=1", "neither validator= nor relayer="],
  ["chain5 relayer=1 below=2", "below= of chain5 is more than anybody is paid"],
])("%j is refused", (text, why) => {
  expect(
    targets
      .safeParse(text)
      .error?.issues.map(({ message }) => message)
      .join(),
  ).toContain(why);
});

const chain = (name: string, decimals = 18) =>
  ({ name, nativeToken: { symbol: "ETH", decimals } }) as KnownChain;

const chains = [chain("chain5"), chain("chain7")];

const asked = {
  ...{ mode: "apply", funder: "alias/funder", region: "eu-central-1" },
  funding: targets.parse("chain5 relayer=1"),
  fundingCap: [{ name: "chain5", wei: 2n * ONE }],
};

test("without any of it agents are funded by somebody else", () => {
  const nothing = { ...asked, funder: undefined, funding: [], fundingCap: [] };
  expect(fundingOf(nothing, chains)).toBeUndefined();
});

test.each([
  [{ funder: undefined }, { code: "bad-input", what: '"funder" is missing.' }],
  [{ region: undefined }, { code: "bad-input", what: '"region" is missing.' }],
  [{ funding: [] }, { code: "bad-input", what: '"funding" is missing.' }],
  [{ fundingCap: [] }, { code: "bad-funding", why: "chain5 has no line in `funding-cap`." }],
  [
    { funding: targets.parse("chain6 relayer=1") },
    { code: "bad-funding", why: "There is no chain chain6; there is chain5, chain7." },
  ],
])("half of it is refused: %j", (over, error) => {
  const refused = expect.objectContaining(error);
  expect(() => fundingOf({ ...asked, ...over }, chains)).toThrow(refused);
});

test("coins are counted in the chain's smallest unit", () => {
  expect(inUnits(ONE / 2n, chain("one", 18))).toBe(ONE / 2n);
  expect(inUnits(ONE / 2n, chain("one", 6))).toBe(500_000n);
  expect(inUnits(ONE / 2n, chain("one", 20))).toBe(50n * ONE);
});
