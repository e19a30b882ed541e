import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordsText, writeRecords } from "../src/record.ts";

const CONTENT = {
  transactions: [{ hash: null, transactionType: "CREATE", contractName: "Vault" }],
  receipts: [],
  libraries: [],
  pending: [],
  returns: { vault: { value: "0x1" }, admin: { value: "0x2" } },
  timestamp: 1,
  chain: 5,
  commit: null,
};
const PATH = "broadcast/Deploy.s.sol/5/run-latest.json";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "record-"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (hash: string, timestamp: number) =>
  writeRecords(
    recordsText([{ path: PATH, content: CONTENT, steps: ["alpha/0"] }]),
    folder,
    new Map([["alpha/0", { hash, receipt: { status: "0x1" } }]]),
    { commit: "abc1234", timestamp },
  );

const written = () => readdir(join(folder, "broadcast/Deploy.s.sol/5"));

test("a record keeps the order that forge gave it, so that a repository shows no other change", async () => {
  await write("0xaa", 7);
  const record = JSON.parse(await readFile(join(folder, PATH), "utf8"));
  expect(Object.keys(record)).toEqual(Object.keys(CONTENT));
  expect(Object.keys(record.transactions[0])).toEqual(Object.keys(CONTENT.transactions[0] ?? {}));
  expect(record).toMatchObject({
    commit: "abc1234",
    timestamp: 7,
    transactions: [{ hash: "0xaa" }],
  });
});

test("a table without an order of its own does not change a plan's digest", () => {
  const { vault, admin } = CONTENT.returns;
  const other = { ...CONTENT, returns: { admin, vault } };
  const text = (content: unknown) => recordsText([{ path: PATH, content, steps: [] }]);
  expect(text(other)).toBe(text(CONTENT));
});

test("a finished release that runs again leaves no further record", async () => {
  await write("0xaa", 7);
  await write("0xaa", 8);
  expect(await written()).toEqual(["run-7.json", "run-latest.json"]);
  await write("0xbb", 9);
  expect(await written()).toEqual(["run-7.json", "run-9.json", "run-latest.json"]);
});

test.each(["", '{"transactions": ['])(
  "what a killed run has left of a record (%j) is written anew",
  async (left) => {
    await write("0xaa", 7);
    await writeFile(join(folder, PATH), left);
    await write("0xaa", 8);
    const record = JSON.parse(await readFile(join(folder, PATH), "utf8"));
    expect(record).toMatchObject({ timestamp: 8, transactions: [{ hash: "0xaa" }] });
  },
);
