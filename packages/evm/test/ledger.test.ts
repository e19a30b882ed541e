import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderStore, LogLost } from "@playbook/state";
import { type Hex, Ledger } from "../src/index.ts";
import { adopted, bytes, GENESIS, opened, SIGNER } from "./standing.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ledger-"));
});
afterEach(() => rm(folder, { recursive: true }));

const KEY = { genesis: GENESIS, chainId: 1, signer: SIGNER };

const ledger = (writer: string, key = KEY) => new Ledger(folderStore(folder), key, writer);

test("what one run wrote, the next one reads", async () => {
  const first = ledger("first");
  expect(await first.read()).toBeUndefined();
  await first.append(adopted);
  await first.append(opened(1));
  await first.append({ kind: "signed", transactions: [await bytes(0)] });

  expect(await ledger("second").read()).toEqual(first.state);
});

test("of two runs one writes an entry; the other reads on and sees what it says", async () => {
  const [first, second] = [ledger("first"), ledger("second")];
  await first.append(adopted);
  await second.read();
  await first.append(opened(1));

  await expect(second.append(opened(1))).rejects.toBeInstanceOf(LogLost);
  await second.read();
  expect(second.state).toEqual(first.state);
});

test("an entry that cannot follow is refused before it is written", async () => {
  const run = ledger("run");
  await run.append(adopted);

  await expect(run.append(adopted)).rejects.toThrow("a ledger is adopted once");
  expect(await readdir(join(folder, "ledgers/1", GENESIS, SIGNER.toLowerCase()))).toHaveLength(1);
});

test("a ledger that contradicts itself stops everything, and says where it lies", async () => {
  const run = ledger("run");
  await run.append(adopted);
  await run.append(opened(1));
  const path = join(run.where, "0000000001.json");
  await writeFile(path, (await readFile(path, "utf8")).replace('"firstNonce":0', '"firstNonce":7'));

  await expect(ledger("next").read()).rejects.toMatchObject({
    code: "log-torn",
    what: expect.stringContaining(run.where),
    why: "a plan starts at a nonce that is not the next.",
  });
});

test("entries that were copied from another chain's ledger are not taken for this one's", async () => {
  const run = ledger("run");
  await run.append({ ...adopted, genesis: `0x${"cd".repeat(32)}` as Hex } as typeof adopted);

  await expect(ledger("next").read()).rejects.toMatchObject({
    code: "log-torn",
    why: "it was written for another key or chain.",
  });
});

test("chains with one id and two geneses have two ledgers", async () => {
  await ledger("run").append(adopted);

  const reset = { ...KEY, genesis: `0x${"cd".repeat(32)}` as Hex };
  expect(await ledger("next", reset).read()).toBeUndefined();
});
