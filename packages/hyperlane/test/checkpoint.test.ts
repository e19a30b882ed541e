import type { Hex } from "@playbook/evm";
import {
  flawOfCheckpoint,
  inserted,
  readCheckpoint,
  spoilsProof,
  type Tree,
} from "../src/index.ts";
import { file, messageId, own, right } from "./checkpoint-file.ts";
import { account } from "./wishes.ts";

async function flaw(text: string | Promise<string>, by = own): Promise<string | undefined> {
  const signed = readCheckpoint(await text);
  if (!signed) throw new Error("no checkpoint");
  return flawOfCheckpoint(signed, by, right);
}

/** Where the tree alone tells which message is its newest. */
async function flawByTree(over: Partial<typeof right>): Promise<string | undefined> {
  const leaves = [1, 2, 3, 4].map((digit) => `0x${String(digit).repeat(64)}`);
  const before = leaves.reduce<Tree>(inserted, { branch: [], count: 0 });
  const { messageId: _, ...known } = right;
  const signed = readCheckpoint(await file(over));
  if (!signed) throw new Error("no checkpoint");
  return flawOfCheckpoint(signed, own, { ...known, tree: inserted(before, messageId) });
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

test("so is a message that is not the newest of the tree", async () => {
  expect(await flawByTree({})).toBeUndefined();
  const other = `0x${"12".repeat(32)}` as Hex;
  expect(await flawByTree({ messageId: other })).toBe("It is of another message.");
});

test("so is another key, and a signature of something else", async () => {
  expect(await flaw(file(), account(9))).toBe("It is signed by another key.");
  const text = (await file()).replace("ab".repeat(32), "ef".repeat(32));
  expect(await flaw(text)).toBe("It is signed by another key.");
  const none = (await file()).replaceAll(/"([rs])":"0x\w+"/g, '"$1":"0x0"');
  expect(await flaw(none)).toBe("It is signed by another key.");
});

test("a signature is read where relayers read it, and as they hand it on", async () => {
  const text = await file();
  const parsed = JSON.parse(text);
  const { signature, serialized_signature: _, ...bare } = parsed;
  expect(await flaw(JSON.stringify({ ...bare, signature }))).toBeUndefined();

  const forged = { ...parsed, signature: { ...signature, r: `0x${"12".repeat(32)}` } };
  expect(await flaw(JSON.stringify(forged))).toBe("It is signed by another key.");
  const odd = { ...bare, signature: { ...signature, v: signature.v - 27 } };
  expect(readCheckpoint(JSON.stringify(odd))).toBeUndefined();
});

test.each([
  [{}, false],
  [{ messageId: `0x${"12".repeat(32)}` as Hex }, true],
  [{ merkleTreeHook: account(4) }, true],
  [{ domain: 6 }, true],
  [{ root: `0x${"12".repeat(32)}` as Hex }, false],
  [{ index: 5 }, false],
])("%j spoils what others signed, as relayers go by the root: %s", async (over, spoils) => {
  const signed = readCheckpoint(await file(over));
  expect(signed && spoilsProof(signed, own, right)).toBe(spoils);
});

test("so does a signature of nobody, and none of somebody else", async () => {
  const spoils = (text: string, by = own) => {
    const signed = readCheckpoint(text);
    return signed && spoilsProof(signed, by, right);
  };
  expect(spoils(await file(), account(9))).toBe(false);
  const none = (await file()).replaceAll(/"([rs])":"0x\w+"/g, '"$1":"0x0"');
  expect(spoils(none)).toBe(true);
});

test.each(["", "{}", "[]", '{"value":{"checkpoint":{}}}'])("%j is no checkpoint", (text) => {
  expect(readCheckpoint(text)).toBeUndefined();
});
