import { type Chain, ORACLES, type Rpc, RpcError, readChains } from "@playbook/evm";
import { withFamily } from "../src/family.ts";

function entry(over: object): Chain {
  const given = { name: "a", chainId: 5, rpcUrls: [{ http: "http://a" }], ...over };
  return readChains(JSON.stringify(given), "chains.yaml")[0] as Chain;
}

/** A node on which these accounts have code or answer, and what it refuses to say. */
const node = (there: readonly string[], refused: readonly string[] = []) => ({
  all: async (calls: Parameters<Rpc["all"]>[0]) =>
    calls.map(({ params }) => {
      const [first] = params as [string | { to: string }];
      const account = typeof first === "string" ? first : first.to;
      if (refused.includes(account)) return { error: new RpcError(-32_000, "no") };
      return { result: there.includes(account) ? "0x60" : "0x" };
    }),
});

const NITRO = "0x00000000000000000000000000000000000000C8";

async function seen(over: object, rpc: ReturnType<typeof node>) {
  const warnings: string[] = [];
  const { playbook } = await withFamily(entry(over), rpc, (message) => warnings.push(message));
  return { preset: playbook?.gas?.preset, warnings: warnings.length };
}

const op = { technicalStack: "opstack" };
const nitro = { technicalStack: "arbitrumnitro" };

test.each<[string, object, ReturnType<typeof node>, string | undefined, number]>([
  ["no rollup, and none is named", {}, node([]), undefined, 0],
  ["one that nobody has named", {}, node([ORACLES.scroll]), "scroll", 0],
  ["the one that is named", op, node([ORACLES.op]), undefined, 0],
  ["no OP stack though it is named", op, node([]), "ethereum", 1],
  ["no Nitro though it is named", nitro, node([ORACLES.op]), "ethereum", 1],
  ["Nitro", nitro, node([NITRO]), undefined, 0],
  ["a node that does not say", op, node([], [ORACLES.op]), undefined, 0],
  ["a stack without a contract of its own", { technicalStack: "zksync" }, node([]), undefined, 0],
  ["a preset that a person wrote", { playbook: { gas: { preset: "op" } } }, node([]), "op", 0],
])("a chain's family is what its node shows: %s", async (_, over, rpc, preset, warnings) => {
  expect(await seen(over, rpc)).toEqual({ preset, warnings });
});

test("what a person wrote beside it stays", async () => {
  const { playbook } = await withFamily(
    entry({ ...op, playbook: { gas: { bump: 25 } } }),
    node([]),
    () => {},
  );
  expect(playbook).toEqual({ gas: { bump: 25, preset: "ethereum" } });
});
