import { type Ism, quorumsIn, weightIn, withSuccessor } from "../src/index.ts";
import { foreignIn } from "../src/quorum.ts";
import { inOrder } from "../src/static-set.ts";
import { account, SAFE } from "./wishes.ts";

const three = inOrder([11, 12, 13].map(account));
const [first, second] = three as [typeof SAFE, typeof SAFE];

const weighted: Ism = {
  type: "weightedMerkleRootMultisigIsm",
  signers: three.map((address, at) => ({ address, weight: at + 1 })),
  thresholdWeight: 4,
};

const spread: Ism = {
  type: "defaultFallbackRoutingIsm",
  owner: SAFE,
  routes: [
    {
      domain: 5,
      ism: {
        type: "amountRoutingIsm",
        lower: { type: "storageMessageIdMultisigIsm", validators: three, threshold: 2 },
        upper: { type: "storageAggregationIsm", modules: [weighted], threshold: 1 },
        threshold: 9n,
      },
    },
  ],
};

test("every set is found, whatever asks it", () => {
  expect(quorumsIn(spread, "any origin")).toEqual([
    {
      name: "storageMessageIdMultisigIsm of lower amounts of origin 5",
      origin: 5,
      validators: three,
      threshold: 2,
    },
    {
      name: "weightedMerkleRootMultisigIsm of upper amounts of origin 5",
      origin: 5,
      validators: three,
      threshold: 4,
      weights: Object.fromEntries(three.map((address, at) => [address, at + 1])),
    },
  ]);
});

test("every module that is not known is found, with the origin that it judges", () => {
  const [address, far] = [account(21), account(22)];
  const foreign = (one: typeof SAFE): Ism => ({ type: "foreign", address: one });
  const modules = [foreign(address), weighted];
  const sets: Ism = { type: "staticAggregationIsm", modules, threshold: 1 };
  const routes = [
    { domain: 5, ism: sets },
    { domain: 6, ism: weighted },
  ];
  const all: Ism = { type: "domainRoutingIsm", owner: SAFE, routes };
  expect(foreignIn(all)).toEqual([{ address, origin: 5 }]);
  const amounts: Ism = { type: "amountRoutingIsm", lower: foreign(far), upper: all, threshold: 1n };
  expect(foreignIn(amounts)).toEqual([
    { address: far, origin: undefined },
    { address, origin: 5 },
  ]);
  expect(foreignIn(spread)).toEqual([]);
});

test("signatures count one each, or what they weigh; those of strangers nothing", () => {
  const [plain, heavy] = quorumsIn(spread, "any origin");
  if (!plain || !heavy) throw new Error("no sets");
  expect(weightIn(plain, [first, second])).toBe(2);
  expect(weightIn(heavy, [first, second, account(99)])).toBe(3);
});

test("a successor has the weight of who was there before it, in every set", () => {
  const changed = withSuccessor(spread, first, account(14));
  const [plain, heavy] = quorumsIn(changed, "any origin");
  expect(plain?.validators).toEqual([...three.slice(1), account(14)]);
  expect(heavy?.weights).toEqual({ [second]: 2, [account(13)]: 3, [account(14)]: 1 });
  expect(withSuccessor(spread, first, second)).toEqual(spread);
  expect(withSuccessor(spread, account(15), account(14))).toEqual(spread);
});
