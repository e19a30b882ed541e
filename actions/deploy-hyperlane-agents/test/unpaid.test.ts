import { unpaid } from "../src/unpaid.ts";

const PAYMASTER = `0x${"a".repeat(40)}`;
const NOBODY = `0x${"0".repeat(40)}`;

/** What a relayer is told that serves two routes, there and back. */
function told(gasPaymentEnforcement: object[], [there, back]: [string, string]): string {
  const ends = { near: [5, there], far: [6, back] } as const;
  const chains = Object.entries(ends).map(([name, [domainId, interchainGasPaymaster]]) => [
    name,
    { chainId: 900 + domainId, domainId, interchainGasPaymaster },
  ]);
  const whitelist = [
    { originDomain: 5, destinationDomain: 6 },
    { originDomain: 6, destinationDomain: 5 },
  ];
  return JSON.stringify({ chains: Object.fromEntries(chains), whitelist, gasPaymentEnforcement });
}

const find = (...given: Parameters<typeof told>) => unpaid({ name: "relayer" }, told(...given));
const half = { type: "onChainFeeQuoting", gasFraction: "1/2" };

test("a relayer that waits for a payment which nobody can make is named with its routes", () => {
  const found = find([half], [NOBODY, PAYMASTER]);
  expect(found).toMatchObject({ code: "no-paymaster", level: "error", at: "relayer" });
  expect(found?.why).toContain("near to far.");
  expect(find([half], [NOBODY, NOBODY])?.why).toContain("near to far, far to near.");
});

test("nothing is in the way where it can be paid, or nothing is asked for", () => {
  expect(find([half], [PAYMASTER, PAYMASTER])).toBeUndefined();
  expect(find([{ type: "none" }], [NOBODY, NOBODY])).toBeUndefined();
  const free = { type: "none", matchingList: [{ originDomain: 5 }] };
  expect(find([free, half], [NOBODY, PAYMASTER])).toBeUndefined();
  expect(unpaid({ name: "validator" }, "{}")).toBeUndefined();
});
