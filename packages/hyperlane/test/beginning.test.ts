import type { Hex } from "@playbook/evm";
import { beginningOf } from "../src/beginning.ts";
import { interfaceOf } from "../src/contract.ts";
import { Look } from "../src/look.ts";
import { account } from "./wishes.ts";

const [mailbox, tree] = [account(1), account(2)];

/** Where messages begin if the implementation and the tree were made in these blocks. */
function begins(implemented: bigint, planted?: bigint) {
  const send = async <Answer>(_: string, call: unknown) => {
    const made = (call as { to: Hex }).to === mailbox ? implemented : planted;
    return interfaceOf("Mailbox").encodeFunctionResult("deployedBlock", [made]) as Answer;
  };
  return beginningOf(new Look({ send }, 90), mailbox, planted === undefined ? undefined : tree);
}

test("messages begin where the mailbox was made", async () => {
  expect(await begins(5n)).toBe(5);
  expect(await begins(5n, 7n)).toBe(5);
});

test("they begin no later where its implementation was upgraded", async () => {
  expect(await begins(80n, 7n)).toBe(7);
});
