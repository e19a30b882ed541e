import { startValidators, until, type Validators } from "@playbook/world";

let chain: Validators;
beforeAll(async () => {
  chain = await startValidators();
}, 1_200_000);
afterAll(() => chain?.[Symbol.asyncDispose]());

type Proof = { number: string; round: string; bitmap: string };

const heights = () => Promise.all(chain.nodes.map((node) => node.height()));

const reaches = (height: number, nodes = chain.nodes) =>
  until(async () => {
    const reached = await Promise.all(nodes.map((node) => node.height()));
    return reached.every((at = 0) => at >= height);
  });

const newest = async () => Math.max(...(await heights()).map((height = 0) => height));

const hashAt = async (index: number, height: number) => {
  const number = `0x${height.toString(16)}`;
  const block = await chain.nodes[index]?.call<{ hash: string }>(
    "eth_getBlockByNumber",
    number,
    false,
  );
  return block?.hash;
};

const sameHashAt = async (height: number) => {
  const hashes = await Promise.all(chain.nodes.map((_, index) => hashAt(index, height)));
  return new Set(hashes).size === 1;
};

/** How often the validators have given up waiting at a height: each time some time has passed. */
const chokesAt = async (height: number) => {
  const votes = (await chain.signatures()).votes();
  return votes.filter((vote) => vote.step === "choke" && vote.height === height).length;
};

test("five validators make blocks, the same for all", async () => {
  await reaches(3);

  expect(await sameHashAt(3)).toBe(true);
});

test("a proof names those who made two thirds first: four of five", async () => {
  await reaches(4);

  const proof = await chain.nodes[0]?.call<Proof>("axon_getProofById", "0x4");

  const voters = Number(proof?.bitmap).toString(2).replaceAll("0", "").length;
  expect([proof?.number, voters]).toEqual(["0x3", 4]);
});

test("with one of five killed it goes on, in a second round where that one leads", async () => {
  await chain.nodes[4]?.kill();
  const from = await newest();

  await reaches(from + 6, chain.nodes.slice(0, 4));

  const rounds = await Promise.all(
    Array.from({ length: 5 }, async (_, index) => {
      const id = `0x${(from + 2 + index).toString(16)}`;
      return Number((await chain.nodes[0]?.call<Proof>("axon_getProofById", id))?.round);
    }),
  );
  expect(Math.max(...rounds)).toBeGreaterThan(0);
});

test("with two of five killed it stands still and answers all the same", async () => {
  await chain.nodes[3]?.kill();
  const [height = 0] = await heights();
  const before = await chokesAt(height + 1);

  await until(async () => (await chokesAt(height + 1)) > before + 9);

  const [now = 0] = await heights();
  expect(now - height).toBeLessThan(2);
});

test("with one of them back it goes on", async () => {
  const from = await newest();
  await chain.nodes[3]?.start();

  await reaches(from + 2, chain.nodes.slice(0, 4));
});

test("the other one catches up, to the same blocks", async () => {
  const there = await newest();
  await chain.nodes[4]?.start();

  await reaches(there + 1);

  expect(await sameHashAt(there)).toBe(true);
});

test("all stopped and started, it goes on from where it was", async () => {
  await Promise.all(chain.nodes.map((node) => node.stop()));
  expect(await heights()).toEqual(Array(5).fill(undefined));
  await Promise.all(chain.nodes.map((node) => node.start()));
  const from = await newest();

  await reaches(from + 2);

  expect(from).toBeGreaterThan(10);
});

test("nobody has voted twice through all of that, and no key was in two processes", async () => {
  const signatures = await chain.signatures();

  expect(signatures.votes().length).toBeGreaterThan(100);
  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
});
