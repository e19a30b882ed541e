/**
 * What is relied on of Axon's validators. Runs against the world's, and against Axon itself when
 * PLAYBOOK_REAL_AXON names its program (test/world/README.md).
 */
import { type AxonNode, startValidators, type Validators } from "@playbook/world";
import { hashesAt, newest, ofTheWorld, reaches, standsStill } from "./progress.ts";

let chain: Validators;
beforeAll(async () => {
  chain = await startValidators();
}, 1_200_000);
afterAll(() => chain?.[Symbol.asyncDispose]());

type Proof = { number: string; round: string; bitmap: string };

const heights = () => Promise.all(chain.nodes.map((node) => node.height()));

test("five validators make blocks, the same for all", async () => {
  await reaches(chain.nodes, 3);

  expect(await hashesAt(chain.nodes, 3)).toHaveLength(1);
});

test("a proof names those who made two thirds first: four of five", async () => {
  await reaches(chain.nodes, 4);

  const proof = await chain.nodes[0]?.call<Proof>("axon_getProofById", "0x4");

  const voters = Number(proof?.bitmap).toString(2).replaceAll("0", "").length;
  expect([proof?.number, voters]).toEqual(["0x3", 4]);
});

test("with one of five killed it goes on, in a second round where that one leads", async () => {
  await chain.nodes[4]?.kill();
  const from = await newest(chain.nodes);

  await reaches(chain.nodes.slice(0, 4), from + 6);

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

  await standsStill(chain.nodes[0] as AxonNode, 4);

  const [now = 0] = await heights();
  expect(now - height).toBeLessThan(2);
});

test("with one of them back it goes on", async () => {
  const from = await newest(chain.nodes);
  await chain.nodes[3]?.start();

  await reaches(chain.nodes.slice(0, 4), from + 2);
});

test("the other one catches up, to the same blocks", async () => {
  const there = await newest(chain.nodes);
  await chain.nodes[4]?.start();

  await reaches(chain.nodes, there + 1);

  expect(await hashesAt(chain.nodes, there)).toHaveLength(1);
});

test("all stopped and started, it goes on from where it was", async () => {
  await Promise.all(chain.nodes.map((node) => node.stop()));
  expect(await heights()).toEqual(Array(5).fill(undefined));
  await Promise.all(chain.nodes.map((node) => node.start()));
  const from = await newest(chain.nodes);

  await reaches(chain.nodes, from + 2);

  expect(from).toBeGreaterThan(10);
});

ofTheWorld(
  "nobody has voted twice through all of that, and no key was in two processes",
  async () => {
    const signatures = await chain.signatures();

    expect(signatures.votes().length).toBeGreaterThan(100);
    expect(signatures.equivocations()).toEqual([]);
    expect(signatures.usedTwice()).toEqual([]);
  },
);
