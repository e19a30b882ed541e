import { driftsOf } from "../src/drift.ts";
import type { Stored } from "../src/validator.ts";

const KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab";
const secret = "axon/a/net";

const drifts = (changes: Partial<Stored>) => {
  const net: Stored = {
    ...{ secret, publicKey: "0x02", kmsKey: KEY, guard: { is: "closed" } },
    ...changes,
  };
  return driftsOf([{}, { net }], KEY);
};

test("a key that is closed, and encrypted with the key that is named, is as it is to be", () => {
  expect(drifts({})).toEqual([]);
  expect(drifts({ kmsKey: "1234abcd-12ab" })).toEqual([]);
});

test("another key is told of, the account's own as well", () => {
  expect(drifts({ kmsKey: "alias/other" })).toEqual([
    `axon/a/net: it is encrypted with alias/other, and not with ${KEY}.`,
  ]);
  expect(drifts({ kmsKey: undefined })).toEqual([expect.stringContaining("the account's own key")]);
});

test.each([
  [{ is: "open" }, "is not the one that closes it"],
  [{ is: "another's", role: "arn:b" }, "it is there for arn:b"],
  [{ is: "kept", by: ["arn:x", "arn:y"] }, "in the hands of arn:x and arn:y"],
] as const)("so is a policy that is %j", (guard, text) => {
  expect(drifts({ guard })).toEqual([expect.stringContaining(text)]);
});
