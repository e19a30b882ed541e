import { type Ask, AxonChain, leaderOf, setOf, timingOf } from "@playbook/axon";

const keys = [3, 1, 2, 5, 4].map((digit) => `0x02${`0${digit}`.repeat(32)}`);
const sorted = [...keys].sort();

const answered = {
  version: { start: "0x0", end: "0x64" },
  epoch: "0x0",
  verifier_list: keys.map((pub_key) => ({
    ...{ pub_key, bls_pub_key: `0x${"aa".repeat(48)}`, address: `0x${"11".repeat(20)}` },
    ...{ propose_weight: "0x1", vote_weight: "0x1" },
  })),
  consensus_config: {
    ...{ gas_limit: "0x1", interval: "0xbb8", propose_ratio: "0xf", prevote_ratio: "0xa" },
    ...{ precommit_ratio: "0xa", brake_ratio: "0xa", tx_num_limit: "0x1", max_tx_size: "0x1" },
  },
};

/** A node whose blocks were committed in these rounds, by the first four. */
function node(rounds: Record<number, number> = {}) {
  const asked: string[] = [];
  const ask = async (method: string, params: unknown[] = []): Promise<unknown> => {
    asked.push(method);
    if (method === "axon_getCurrentMetadata") return answered;
    const number = Number(params[0]) - 1;
    return {
      number: `0x${number.toString(16)}`,
      round: `0x${(rounds[number] ?? 0).toString(16)}`,
      proposal_hash: `0x${"22".repeat(32)}`,
      signature: "0x",
      bitmap: "0xf0",
    };
  };
  return { ask, asked };
}

describe("a chain as its nodes tell it", () => {
  test("names the voters of a block in the header of the next, in Overlord's order", async () => {
    const chain = new AxonChain();
    const { ask } = node();
    await chain.read(3, ask);

    expect(setOf(chain.metadata).map(({ id }) => id)).toEqual(sorted);
    expect(chain.commits).toEqual([
      { height: 1, voters: new Set(sorted.slice(0, 4)), missed: new Set() },
      { height: 2, voters: new Set(sorted.slice(0, 4)), missed: new Set() },
    ]);
  });

  test("names those who missed their turns: the leaders of earlier rounds", async () => {
    const chain = new AxonChain();
    const { ask } = node({ 2: 2 });
    await chain.read(3, ask);
    const missed = [0, 1].map((round) => leaderOf(setOf(chain.metadata), 2, round));

    expect(chain.commits.at(-1)?.missed).toEqual(new Set(missed));
  });

  test("is read on from where it was, and as far back as everybody leads twice", async () => {
    const chain = new AxonChain();
    const { ask, asked } = node();
    await chain.read(1000, ask);
    const first = asked.length;
    await chain.read(1001, ask);

    expect(chain.commits).toHaveLength(10);
    expect(chain.commits.at(-1)?.height).toBe(1000);
    expect(first).toBeLessThanOrEqual(12);
    expect(asked.length - first).toBeLessThanOrEqual(2);
  });

  test("is read anew when another set votes: earlier proofs name others by the same bits", async () => {
    const chain = new AxonChain();
    const before = node();
    await chain.read(20, before.ask);
    const left = { ...answered, verifier_list: answered.verifier_list.slice(1) };
    const after: Ask = async (method, params) => {
      if (method === "axon_getCurrentMetadata") return left;
      return method === "eth_blockNumber" ? "0x17" : before.ask(method, params);
    };
    await chain.read(22, after);

    expect([chain.since, chain.commits]).toEqual([23, []]);
    await chain.read(26, after);
    expect(chain.commits.map(({ height }) => height)).toEqual([24, 25]);
    expect(chain.set).toHaveLength(4);
  });

  test("is not looked back at when the set could have changed just before", async () => {
    const chain = new AxonChain({ fresh: true });
    const { ask } = node();
    const late: Ask = async (method, params) =>
      method === "eth_blockNumber" ? "0x14" : ask(method, params);
    await chain.read(20, late);
    expect(chain.commits).toEqual([]);
    await chain.read(22, late);
    expect(chain.commits.map(({ height }) => height)).toEqual([21]);
  });

  test("of one block has no votes yet", async () => {
    const { ask } = node();
    const chain = new AxonChain();
    await chain.read(1, ask);

    expect(chain.commits).toEqual([]);
  });

  test("takes rounds as long as its configuration says, in tenths of the interval", async () => {
    const chain = new AxonChain();
    await chain.read(1, node().ask);

    expect(timingOf(chain.metadata)).toEqual({ interval: 3000, round: 13_500, doublings: 5 });
  });
});

describe("Overlord's leader", () => {
  const set = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `v${index}`, weight: 1 }));

  test.each([
    [1, 7, 0, "v0"],
    [2, 3, 0, "v1"],
    [4, 5, 0, "v3"],
    [5, 2, 0, "v1"],
    [5, 2, 2, "v3"],
    [7, 10, 1, "v2"],
  ])("of %i validators at height %i, round %i, is %s", (count, height, round, leader) => {
    expect(leaderOf(set(count), height, round)).toBe(leader);
  });

  test.each([4, 5, 6, 7, 10, 25])("is each of %i once in as many blocks", (count) => {
    const leaders = set(count).map((_, height) => leaderOf(set(count), 100 + height, 0));

    expect(new Set(leaders).size).toBe(count);
  });
});
