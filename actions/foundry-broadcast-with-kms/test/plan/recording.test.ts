import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readTransactions } from "../../src/plan/recording.ts";
import { complete } from "../../src/record.ts";
import { SENDER } from "./sender.ts";

const path = (name: string) => fileURLToPath(new URL(`./recordings/${name}.json`, import.meta.url));
const recording = async (name: string) => JSON.parse(await readFile(path(name), "utf8"));

async function transactions(name: string) {
  return readTransactions(await recording(name), await recording(`${name}.urls`));
}

test("a script on one chain", async () => {
  const found = await transactions("core");
  expect(found.map(({ nonce, to, value }) => [nonce, to, value])).toEqual([
    [0, "0x4e59b44847b379578588920cA78FbF26c0B4956C", 0n],
    [1, null, 0n],
    [2, null, 0n],
    [3, "0x4e59b44847b379578588920cA78FbF26c0B4956C", 0n],
    [4, "0xe5F9541a5117945AA3043b6357E17D882F79E31c", 0n],
    [5, "0x948B3c65b89DF0B4894ABE91E6D02FE579834F8F", 0n],
    [6, "0x948B3c65b89DF0B4894ABE91E6D02FE579834F8F", 7n],
    [7, "0x000000000000000000000000000000000000dEaD", 1n],
    [8, "0x948B3c65b89DF0B4894ABE91E6D02FE579834F8F", 0n],
  ]);
  expect(new Set(found.map(({ from }) => from))).toEqual(new Set([SENDER]));
  expect(new Set(found.map(({ rpc }) => rpc))).toEqual(new Set(["http://127.0.0.1:19001"]));
});

test("a script on two chains in turn keeps its order and where each transaction goes", async () => {
  const found = await transactions("bridge");
  expect(found.map(({ chainId, nonce, rpc }) => [chainId, nonce, rpc])).toEqual([
    [5, 0, "http://127.0.0.1:19001"],
    [6, 0, "http://127.0.0.1:19002"],
    [6, 1, "http://127.0.0.1:19002"],
    [5, 1, "http://127.0.0.1:19001"],
    [6, 2, "http://127.0.0.1:19002"],
  ]);
});

test("names of libraries, of contracts and of those made within calls are kept", async () => {
  const [, , , , register] = await transactions("core");
  expect([...(register?.names.values() ?? [])]).toEqual(["Sums", "Entry", "Registry"]);
});

test.each(["core", "bridge"])("the recording of %s is completed as forge does", async (name) => {
  const content = await recording(name);
  const total = (await transactions(name)).length;
  const outcomes = Array.from({ length: total }, (_, at) => ({
    hash: `0x${at}`,
    receipt: { transactionHash: `0x${at}` },
  }));

  // biome-ignore lint/suspicious/noExplicitAny: forge's own format, looked into here and there
  const done = complete(content, outcomes, { commit: "abc", timestamp: 7 }) as any;

  const sequences = done.deployments ?? [done];
  const own = (key: string) => sequences.flatMap((one: Record<string, unknown>) => one[key]);
  expect(own("transactions").map(({ hash }: { hash: string }) => hash)).toEqual(
    outcomes.map(({ hash }) => hash),
  );
  expect(own("receipts")).toEqual(outcomes.map(({ receipt }) => receipt));
  expect(sequences[0]).toMatchObject({ commit: "abc", timestamp: 7, pending: [] });
});

test("what was not sent stays without a hash", async () => {
  const content = await recording("core");
  const outcomes = [{ hash: "0x1", receipt: { transactionHash: "0x1" } }];
  // biome-ignore lint/suspicious/noExplicitAny: forge's own format, looked into here and there
  const done = complete(content, outcomes, { commit: null, timestamp: 7 }) as any;
  expect(done.transactions.map(({ hash }: { hash: string }) => hash).slice(0, 3)).toEqual([
    ...["0x1", null, null],
  ]);
  expect(done.receipts).toHaveLength(1);
});
