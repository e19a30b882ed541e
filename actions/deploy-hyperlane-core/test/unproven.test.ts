import type { Ism } from "../../../packages/hyperlane/src/model.ts";
import { account } from "../../../packages/hyperlane/test/wishes.ts";
import { unprovenBy } from "../src/plan/unproven.ts";

const validators = [11, 12, 13].map(account);
const plain: Ism = { type: "messageIdMultisigIsm", validators, threshold: 2 };
const weighted: Ism = {
  type: "weightedMessageIdMultisigIsm",
  signers: validators.map((address) => ({ address, weight: 1 })),
  thresholdWeight: 2,
};
const routed = (five: Ism, six: Ism): Ism => ({
  ...{ type: "domainRoutingIsm", owner: account(1) },
  routes: [five, six].map((ism, at) => ({ domain: 5 + at, ism })),
});
const domains = { five: 5, six: 6, here: 7 };

test("a plan tells whose messages Hyperlane's relayers would bring nowhere", () => {
  const told = (defaultIsm: Ism) => unprovenBy({ chain: "here", defaultIsm }, domains);
  expect(told(routed(plain, plain))).toBeUndefined();
  expect(told(routed(plain, weighted))).toContain(
    "make no proof for weightedMessageIdMultisigIsm: to here they bring nothing from six.",
  );
  expect(told(weighted)).toContain("nothing from five, six.");
});
