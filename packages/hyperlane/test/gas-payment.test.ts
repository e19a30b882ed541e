import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { type GasPolicy, relaysUnpaid } from "../src/index.ts";

const way = { origin: 5, destination: 6 };
const paid = { type: "onChainFeeQuoting" };
const free = { type: "none" };
const only = (rule: object) => ({ ...free, matchingList: [rule] });

test.each<[string, GasPolicy[], boolean]>([
  ["relays for nothing", [free], true],
  ["wants half of the price", [paid], false],
  ["wants a payment of nothing", [{ type: "minimum" }], false],
  ["relays for nothing what comes from there", [only({ originDomain: 5 }), paid], true],
  ["relays for nothing what comes from elsewhere", [only({ originDomain: 7 }), paid], false],
  [
    "names the way in texts and lists",
    [only({ origindomain: "5", destinationDomain: [6, 9] })],
    true,
  ],
  ["relays for nothing what one sender sends", [only({ senderAddress: "0x1" }), paid], true],
  ["asks everybody before", [paid, only({ originDomain: 5 })], false],
  [
    "asks one recipient before",
    [{ ...paid, matchingList: [{ recipientAddress: "0x1" }] }, free],
    true,
  ],
  ["asks all of the way before", [{ ...paid, matchingList: [{ originDomain: "*" }] }, free], false],
  ["has no policy for it", [only({ destinationDomain: 7 })], false],
])("a relayer that %s", (_, policies, isFree) => {
  expect(relaysUnpaid(policies, way)).toBe(isFree);
});

const domain = fc.constantFrom<unknown>(undefined, "*", 5, "5", [5, 6], 6, "6", [7]);
const rule = fc
  .record({
    originDomain: domain,
    destinationDomain: domain,
    senderAddress: fc.constantFrom("*", "a", "b"),
  })
  .map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)));
const policy: fc.Arbitrary<GasPolicy> = fc.record({
  type: fc.constantFrom("none", "minimum", "onChainFeeQuoting"),
  matchingList: fc.array(rule, { maxLength: 2 }),
});

/** As agents go about it with one message. */
function isRelayed(policies: readonly GasPolicy[], message: Record<string, unknown>): boolean {
  const matches = (one: object) =>
    Object.entries(one).every(
      ([name, filter]) =>
        filter === "*" || [filter].flat().map(String).includes(String(message[name])),
    );
  const first = policies.find(({ matchingList = [] }) => {
    return matchingList.length === 0 || matchingList.some(matches);
  });
  return first?.type === "none";
}

const someIsRelayed = (policies: readonly GasPolicy[]) =>
  ["a", "b", "c"].some((senderAddress) =>
    isRelayed(policies, { originDomain: 5, destinationDomain: 6, senderAddress }),
  );

test("no relayer is said to take nothing that takes some message of the route", () => {
  fc.assert(
    fc.property(fc.array(policy, { maxLength: 4 }), (policies) => {
      if (someIsRelayed(policies)) expect(relaysUnpaid(policies, way)).toBe(true);
    }),
    chance(500),
  );
});

test("where nobody's messages are another's, what is said is what comes of it", () => {
  const plain = fc.array(policy, { maxLength: 4 }).map((policies) =>
    policies.map(({ matchingList = [], ...one }) => ({
      ...one,
      matchingList: matchingList.map((rule) => ({ ...rule, senderAddress: "*" })),
    })),
  );
  fc.assert(
    fc.property(plain, (policies) => {
      expect(relaysUnpaid(policies, way)).toBe(someIsRelayed(policies));
    }),
    chance(500),
  );
});
