import { setTimeout } from "node:timers/promises";
import { AxonChain, leaderOf } from "@playbook/axon";
import { type Commit, hasQuorum, stallLimit, type Timing, type ValidatorSet } from "@playbook/bft";
import { type AxonNode, startValidators, type Validators } from "@playbook/world";
import { recoveryLimit } from "../../../packages/bft/src/timing.ts";
import { ChainModel, timing as modelTiming } from "../../../packages/bft/test/chain-model.ts";
import { randomOf } from "../../../packages/bft/test/random.ts";
import { newest, standsStill } from "../../../test/world/test/axon/progress.ts";

/** The first of five weighs two: of their six votes a block needs five. */
const WEIGHTS = [2, 1, 1, 1, 1];

/** Everybody leads twice in so many blocks. */
const WINDOW = 2 * WEIGHTS.length;

/** A chain that somebody watches, and those of its validators who take part. */
type Chain = {
  set: ValidatorSet;
  timing: Timing;
  leader: (commit: Commit) => string;
  /** Its next blocks, and the longest time without one. */
  watch: (absent: readonly string[]) => Promise<{ commits: readonly Commit[]; pause: number }>;
};

/** What a rollout relies on, of a chain of which some do not take part. */
async function told({ set, timing, leader, watch }: Chain, absent: readonly string[]) {
  const { commits, pause } = await watch(absent);
  const idsOf = (which: (commit: Commit) => ReadonlySet<string>) =>
    [...new Set(commits.flatMap((commit) => [...which(commit)]))].sort();
  return {
    blocks: commits.length,
    allCommitted: commits.every(({ voters }) => hasQuorum(set, voters)),
    noneTooMany: commits.every(({ voters }) => isLeast(voters, set)),
    leadersVote: commits.every((commit) => commit.voters.has(leader(commit))),
    voters: idsOf(({ voters }) => voters),
    missed: idsOf(({ missed }) => missed),
    inTime: pause <= stallLimit(timing, absent.length),
  };
}

/** Whoever came last made it enough. */
function isLeast(voters: ReadonlySet<string>, set: ValidatorSet): boolean {
  const without = (id: string) => new Set([...voters].filter((each) => each !== id));
  return [...voters].some((id) => !hasQuorum(set, without(id)));
}

let overlord: Validators;
let set: ValidatorSet;
beforeAll(async () => {
  overlord = await startValidators({ intervalMs: 300, weights: WEIGHTS });
  const reader = new AxonChain();
  await blocksAfter(1);
  await reader.read(2, asking(overlord.nodes[0] as AxonNode));
  ({ set } = reader);
}, 1_200_000);
afterAll(() => overlord?.[Symbol.asyncDispose]());

const asking =
  (node: AxonNode) =>
  (method: string, params: unknown[] = []) =>
    node.call<unknown>(method, ...params);

const idOf = ({ keypair }: AxonNode) => keypair.public_key.toLowerCase();

/** Until there are so many more blocks; the longest time without a new one, in milliseconds. */
async function blocksAfter(count: number): Promise<number> {
  const end = (await newest(overlord.nodes)) + count;
  let [head, pause, since] = [0, 0, Date.now()];
  while (head < end) {
    await setTimeout(20);
    const now = await newest(overlord.nodes);
    if (now === head) continue;
    if (head > 0) pause = Math.max(pause, Date.now() - since);
    [head, since] = [now, Date.now()];
  }
  return pause;
}

/** Overlord itself: whoever is absent is killed meanwhile. */
async function watchOverlord(absent: readonly string[]) {
  const gone = overlord.nodes.filter((node) => absent.includes(idOf(node)));
  const there = overlord.nodes.find((node) => !gone.includes(node)) as AxonNode;
  await Promise.all(gone.map((node) => node.kill()));
  // A block that was under way may have their votes.
  await blocksAfter(2);
  const pause = await blocksAfter(WINDOW + 1);
  const reader = new AxonChain();
  await reader.read(await newest([there]), asking(there));
  await Promise.all(gone.map((node) => node.start()));
  return { commits: reader.commits, pause };
}

async function watchModel(absent: readonly string[]) {
  const { model, pass } = running();
  const pause = pass((at) => at.height >= WINDOW, absent);
  return { commits: model.commits.slice(0, WINDOW), pause };
}

const STEP = 500;

/** A model's chain, and time that passes until something is so, or for ten minutes. */
function running() {
  const model = new ChainModel(set, randomOf(7));
  let now = 0;
  const pass = (isSo: (model: ChainModel) => boolean, absent: readonly string[]): number => {
    const there = new Set(set.map(({ id }) => id).filter((id) => !absent.includes(id)));
    const end = now + 600_000;
    let [pause, since] = [0, now];
    while (!isSo(model) && now < end) {
      const before = model.height;
      now += STEP;
      model.advance(now, there);
      pause = Math.max(pause, now - since);
      if (model.height > before) since = now;
    }
    return pause;
  };
  return { model, pass };
}

const modelled = (): Chain => ({
  set,
  timing: modelTiming,
  leader: ({ height, missed }) => set[(height + missed.size) % set.length]?.id ?? "",
  watch: watchModel,
});

async function real(): Promise<Chain> {
  const reader = new AxonChain();
  const [node] = overlord.nodes as [AxonNode];
  await reader.read(await newest([node]), asking(node));
  return {
    set,
    timing: reader.timing,
    leader: ({ height, missed }) => leaderOf(set, height, missed.size),
    watch: watchOverlord,
  };
}

test.each([
  ["all of them take part", []],
  ["one is away whom a block does not need", [4]],
])(
  "the model chain tells of itself what Overlord does: %s",
  async (_, away) => {
    const absent = away.map((at) => idOf(overlord.nodes[at] as AxonNode));

    const [ours, theirs] = [await told(modelled(), absent), await told(await real(), absent)];

    expect(ours).toEqual(theirs);
    const others = set.map(({ id }) => id).filter((id) => !absent.includes(id));
    expect(theirs).toEqual({
      ...{ blocks: WINDOW, allCommitted: true, noneTooMany: true, leadersVote: true, inTime: true },
      ...{ voters: others.sort(), missed: absent },
    });
  },
  120_000,
);

test("neither makes a block without one whom it needs, and both go on with it, in time", async () => {
  const [heavy, other] = overlord.nodes as [AxonNode, AxonNode];
  await heavy.kill();
  const before = await newest(overlord.nodes);
  await standsStill(other, 4);
  expect((await newest(overlord.nodes)) - before).toBeLessThan(2);
  const since = Date.now();
  await heavy.start();
  await blocksAfter(1);
  expect(Date.now() - since).toBeLessThan(recoveryLimit((await real()).timing));

  const { model, pass } = running();
  pass(({ height }) => height >= 3, []);
  pass(({ height }) => height > 3, [idOf(heavy)]);
  expect(model.height).toBe(3);
  const pause = pass(({ height }) => height > 3, []);
  expect(pause).toBeLessThan(recoveryLimit(modelTiming));
}, 240_000);
