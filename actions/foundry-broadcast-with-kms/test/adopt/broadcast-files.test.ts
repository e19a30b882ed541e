import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Address, Hex } from "@playbook/evm";
import { parse, readBroadcasts } from "../../src/adopt/broadcast-files.ts";
import { compare, type Found } from "../../src/adopt/match.ts";

const KEY = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F" as Address;
const OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" as Address;
const FACTORY = "0x4e59b44847b379578588920ca78fbf26c0b4956c";
const hash = (digit: string) => `0x${digit.repeat(64)}` as Hex;
const at = (digit: string) => `0x${digit.repeat(40)}` as Address;

/** A transaction as forge writes it. */
const entry = (over: object = {}, transaction: object = {}) => ({
  hash: hash("1"),
  transactionType: "CREATE",
  contractName: "Vault",
  contractAddress: at("a"),
  function: null,
  arguments: [],
  transaction: { from: KEY.toLowerCase(), to: null, nonce: "0x2a", chainId: "0x1", ...transaction },
  additionalContracts: [],
  ...over,
});

const run = (...transactions: object[]) => ({ transactions, receipts: [], chain: 1 });
const read = (content: object) => parse("run-latest.json", JSON.stringify(content));

describe("a file of forge's", () => {
  test("tells what was made by creates, through the CREATE2 factory, and inside of calls", () => {
    const inner = [{ transactionType: "CREATE", address: at("b"), initCode: "0x" }];
    const records = read(
      run(
        entry(),
        entry({ transactionType: "CREATE2", contractAddress: at("c") }, { to: FACTORY }),
        entry(
          { transactionType: "CALL", contractAddress: at("d"), additionalContracts: inner },
          {
            to: at("d"),
          },
        ),
      ),
    );

    const made = records.map(({ creates }) =>
      creates.map(({ name, address }) => `${name} ${address.toLowerCase()}`),
    );
    expect(made).toEqual([[`Vault ${at("a")}`], [`Vault ${at("c")}`], [`null ${at("b")}`]]);
    expect(records[0]).toMatchObject({ from: KEY, nonce: 42, chainId: 1, isCreate: true });
  });

  test("may be of several chains, one of which comes twice", () => {
    const content = { deployments: [run(entry()), { ...run(entry()), chain: 5 }, run(entry())] };

    expect(read(content).map(({ chainId }) => chainId)).toEqual([1, 5, 1]);
  });

  test.each([
    ["no JSON", "{"],
    ["another file", JSON.stringify({ abi: [] })],
    ["a changed one", JSON.stringify(run(entry({ hash: "0xzz" })))],
  ])("that is %s is named", (_, content) => {
    expect(() => parse("broadcast/x.json", content)).toThrow(
      expect.objectContaining({
        code: "bad-broadcast",
        what: expect.stringContaining("broadcast/x.json"),
      }),
    );
  });
});

describe("a folder of forge's", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "broadcast-"));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const put = async (path: string, content: object) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), JSON.stringify(content));
  };

  test("counts with the latest run of each script, and with no simulation", async () => {
    await put("Core.s.sol/1/run-latest.json", run(entry()));
    await put("Core.s.sol/1/run-1700000000.json", run(entry()));
    await put("Core.s.sol/1/dry-run/run-latest.json", run(entry()));
    await put("multi/Bridge.s.sol-latest/run.json", { deployments: [run(entry())] });
    await put("multi/Bridge.s.sol-1700000000/run.json", { deployments: [run(entry())] });
    await put("multi/dry-run/Bridge.s.sol-latest/run.json", { deployments: [run(entry())] });

    const files = (await readBroadcasts(folder)).map(({ file }) => file);
    expect(files).toEqual(["Core.s.sol/1/run-latest.json", "multi/Bridge.s.sol-latest/run.json"]);
    expect(await readBroadcasts(join(folder, "Core.s.sol/1/run-1700000000.json"))).toHaveLength(1);
  });

  test.each(["", "nowhere"])("without any is refused (%j)", async (path) => {
    await expect(readBroadcasts(join(folder, path))).rejects.toMatchObject({
      code: "no-broadcast",
    });
  });
});

describe("a recorded transaction", () => {
  const found: Found = {
    from: KEY.toLowerCase(),
    to: null,
    succeeded: true,
    block: 7,
    contract: at("a"),
  };
  const records = read(run(entry()));
  const judged = (over: Partial<Found> | null, final = 9) => {
    const chain = over ? new Map([[hash("1"), { ...found, ...over }]]) : new Map();
    const withCode = new Set(records.flatMap(({ creates }) => creates.map((one) => one.address)));
    return compare(records, { found: chain, withCode, final }, KEY)[0];
  };

  test.each<[string, Partial<Found> | null, string]>([
    ["that is there as it was recorded matches", {}, "matches"],
    ["that the chain does not know is missing", null, "missing"],
    ["that failed is reverted", { succeeded: false }, "reverted"],
    ["of another sender differs", { from: OTHER }, "differs"],
    ["to another receiver differs", { to: at("e") }, "differs"],
    ["that made a contract elsewhere differs", { contract: at("f") }, "differs"],
  ])("%s", (_, over, match) => {
    expect(judged(over)).toMatchObject({
      match,
      standing: { length: match === "matches" ? 1 : 0 },
    });
  });

  test("in a block that is not final is missing still", () => {
    expect(judged({}, 6)).toMatchObject({ match: "missing" });
  });

  test("that was recorded and never sent is missing", () => {
    const [unsent] = compare(
      read(run(entry({ hash: null }))),
      { found: new Map(), withCode: new Set(), final: 9 },
      KEY,
    );
    expect(unsent).toMatchObject({ match: "missing", hash: null });
  });

  test("of another account matches, and that is told", () => {
    const [one] = compare(
      read(run(entry({}, { from: OTHER }))),
      { found: new Map([[hash("1"), { ...found, from: OTHER }]]), withCode: new Set(), final: 9 },
      KEY,
    );
    expect(one).toMatchObject({ match: "matches", isForeign: true });
  });

  test("whose contract has no code any more leaves none behind", () => {
    const chain = { found: new Map([[hash("1"), found]]), withCode: new Set<Address>(), final: 9 };
    expect(compare(records, chain, KEY)[0]).toMatchObject({ match: "matches", standing: [] });
  });
});
