import { contextForTests } from "@playbook/action/testing";
import { account } from "../../../packages/hyperlane/test/wishes.ts";
import { signingOf } from "../src/signing.ts";

const word = `0x${"12".repeat(32)}` as const;
const right = { merkleTreeHook: account(3), domain: 5, root: word, index: 4 };

test.each([
  [undefined, "It has not announced where it signs."],
  ["file:///checkpoints", "It signs where nobody looks: file:///checkpoints"],
  ["gs://bucket/folder", "It signs in gs://bucket/folder: relayers look there, and this does not."],
])("a validator that has announced %s", async (location, flaw) => {
  const signing = await signingOf(account(11), location, right, contextForTests());
  expect(signing).toMatchObject({ flaw, signature: null });
});
