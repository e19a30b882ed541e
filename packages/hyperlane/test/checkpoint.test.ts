import type { Address, Hex } from "@playbook/evm";
import { getBytes, solidityPackedKeccak256, Wallet, zeroPadValue } from "ethers";
import { flawOfCheckpoint, readCheckpoint } from "../src/index.ts";
import { account } from "./wishes.ts";

const validator = new Wallet(`0x${"7".repeat(64)}`);
const own = validator.address as Address;
const tree = account(3);
const root = `0x${"ab".repeat(32)}` as Hex;
const messageId = `0x${"cd".repeat(32)}` as Hex;
const right = { merkleTreeHook: tree, domain: 5, root, index: 4, messageId };

/** A file as a validator writes it. */
async function file(over: Partial<typeof right> = {}): Promise<string> {
  const value = { ...right, ...over };
  const about = solidityPackedKeccak256(
    ["uint32", "bytes32", "string"],
    [value.domain, zeroPadValue(value.merkleTreeHook, 32), "HYPERLANE"],
  );
  const digest = solidityPackedKeccak256(
    ["bytes32", "bytes32", "uint32", "bytes32"],
    [about, value.root, value.index, value.messageId],
  );
  return JSON.stringify({
    value: {
      checkpoint: {
        merkle_tree_hook_address: zeroPadValue(value.merkleTreeHook, 32),
        ...{ mailbox_domain: value.domain, root: value.root, index: value.index },
      },
      message_id: value.messageId,
    },
    serialized_signature: await validator.signMessage(getBytes(digest)),
  });
}

async function flaw(text: string | Promise<string>, by = own): Promise<string | undefined> {
  const signed = readCheckpoint(await text);
  if (!signed) throw new Error("no checkpoint");
  return flawOfCheckpoint(signed, by, right);
}

test("what a validator signed of the right tree has no flaw", async () => {
  expect(await flaw(file())).toBeUndefined();
});

test.each([
  [{ root: `0x${"12".repeat(32)}` as Hex }, "another root"],
  [{ index: 5 }, "index 5"],
  [{ domain: 6 }, "another chain"],
  [{ merkleTreeHook: account(4) }, "another chain or tree"],
  [{ messageId: `0x${"12".repeat(32)}` as Hex }, "another message"],
])("%j is a flaw", async (over, why) => {
  expect(await flaw(file(over))).toContain(why);
});

test("so is another key, and a signature of something else", async () => {
  expect(await flaw(file(), account(9))).toBe("It is signed by another key.");
  const text = (await file()).replace("ab".repeat(32), "ef".repeat(32));
  expect(await flaw(text)).toBe("It is signed by another key.");
  const none = (await file()).replace(/"0x\w{130}"/, `"0x${"00".repeat(65)}"`);
  expect(await flaw(none)).toBe("It is signed by another key.");
});

test.each(["", "{}", "[]", '{"value":{"checkpoint":{}}}'])("%j is no checkpoint", (text) => {
  expect(readCheckpoint(text)).toBeUndefined();
});
