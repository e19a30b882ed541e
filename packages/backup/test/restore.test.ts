import { hasQuorum, type ValidatorSet } from "@playbook/bft";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  agree,
  consequencesOf,
  fenceOf,
  isAccepted,
  type KeyedPod,
  type KeyedSet,
  lossOf,
  lossText,
  startOrder,
  strangersAmong,
} from "../src/index.ts";
import { manifestFor, NOW } from "./backups.ts";

const { block, chain } = manifestFor(NOW, 1_000);

describe("the fence", () => {
  const name = fc.stringMatching(/^v-[0-9]$/);
  const set = fc.record<KeyedSet>({ name, replicas: fc.nat(2), observed: fc.boolean() });
  const pod = fc.record<KeyedPod>({
    name,
    phase: fc.constantFrom("Pending", "Running", "Unknown", "Failed", "Succeeded"),
    node: fc.option(name),
    isGoing: fc.boolean(),
  });

  test("is closed only when nothing is there and nothing can come", () => {
    fc.assert(
      fc.property(fc.array(set), fc.array(pod), (sets, pods) => {
        const { state } = fenceOf(sets, pods);
        const nothing =
          pods.length === 0 && sets.every((each) => each.replicas === 0 && each.observed);
        expect(state === "closed").toBe(nothing);
      }),
      chance(),
    );
  });

  test("names the sets that are still to be shut", () => {
    const sets = [
      { name: "v-0", replicas: 0, observed: true },
      { name: "v-1", replicas: 1, observed: true },
    ];
    expect(fenceOf(sets, [])).toMatchObject({ state: "open", scale: ["v-1"] });
  });

  test("is not closed by a pod that is ending on a machine that nobody reaches", () => {
    const pods = [{ name: "v-0-0", phase: "Unknown", node: "lost", isGoing: true }];
    expect(fenceOf([{ name: "v-0", replicas: 0, observed: true }], pods)).toEqual({
      state: "closing",
      why: "v-0-0 is ending on lost.",
    });
  });
});

describe("what is lost", () => {
  const own = (height: number, timestamp: number) => ({ height, timestamp, hash: block.hash });
  const other = `0x${"1".repeat(64)}`;

  test("is nothing only when the old chain is known to be at the very block, and not ahead", () => {
    const old = fc.option(
      fc.record({
        height: fc.oneof(fc.nat(2_000), fc.constant(block.height)),
        timestamp: fc.nat(2_000),
        hash: fc.constantFrom(block.hash, other, null),
      }),
    );
    fc.assert(
      fc.property(old, fc.option(fc.nat(2_000), { nil: undefined }), (seen, accepted) => {
        const loss = lossOf(block, seen);
        const isOwn = seen?.hash === block.hash && seen.height >= block.height;
        const free = isOwn && seen.height === block.height;
        expect(loss.known).toBe(isOwn);
        expect(isAccepted(loss, block, undefined)).toBe(free);
        expect(isAccepted(loss, block, accepted)).toBe(free || accepted === block.height);
        expect(consequencesOf(loss, { ...chain, block }).length > 0).toBe(!free);
        if (loss.known) expect(loss.blocks).toBe((seen?.height ?? 0) - block.height);
      }),
      chance(),
    );
  });

  test("is told in blocks and in the chain's time", () => {
    expect(lossText(lossOf(block, own(1_010, 1_090)))).toBe(
      "blocks 1001 to 1010, 10 in all, 90 s of the chain",
    );
    expect(lossText(lossOf(block, own(1_001, 8_200)))).toBe(
      "block 1001, 1 in all, 2.0 h of the chain",
    );
    expect(lossText(lossOf(block, own(1_000, 1_000)))).toBe("no block");
    expect(lossText(lossOf(block, { ...own(900, 0), hash: null }))).toContain(
      "every block from 1001 on, as many as there are: the old chain answers from block 900",
    );
    expect(lossText(lossOf(block, { ...own(1_200, 0), hash: other }))).toContain(
      "at block 1000 or before: the old chain has another block 1000",
    );
    expect(lossText(lossOf(block, null))).toContain("every block from 1001 on");
  });

  test("has a written consequence for each consumer, the relayers' before all others", () => {
    const consequences = consequencesOf(lossOf(block, null), { ...chain, block });
    expect(consequences.map(({ consumer }) => consumer)).toEqual([
      "Relayers from Axon",
      "Nonce ledgers",
      "Hyperlane",
      "Subgraph",
      "Explorer",
    ]);
    expect(consequences.map(({ when }) => when)).toEqual([
      "before",
      "after",
      "after",
      "after",
      "after",
    ]);
    for (const { why, commands } of consequences) {
      expect(why.length).toBeGreaterThan(80);
      expect(commands.filter((line) => !line.startsWith("#")).length).toBeGreaterThan(0);
    }
    const all = JSON.stringify(consequences);
    expect(all).toContain(`--block-number ${block.height}`);
    expect(all).toContain(`number > ${block.height}`);
    expect(all).not.toMatch(/rm .*reorg_flag/);
  });
});

describe("the start of a restored chain", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 });
  const sets = weights.map(
    (all): ValidatorSet => all.map((weight, at) => ({ id: `v${at}`, weight })),
  );

  /** The chain's sets since its validators' data end: weights change, and some are new. */
  const histories = sets.chain((set) => {
    const older = fc.array(fc.tuple(fc.constant(set), weights), { maxLength: 2 });
    return older.map((changes) => [
      ...changes.map(([newest, drawn]) =>
        newest.slice(0, drawn.length).map((each, at) => ({ ...each, weight: drawn[at] ?? 1 })),
      ),
      set,
    ]);
  });

  const drawn = histories.chain((history) => {
    const ids = history.at(-1)?.map(({ id }) => id) ?? [];
    return fc.tuple(fc.constant(history), fc.oneof(fc.constant(ids), fc.subarray(ids)));
  });

  test("is in groups of which none makes blocks, at no height, and leaves nobody out", () => {
    fc.assert(
      fc.property(drawn, fc.nat(12), ([history, ids], at) => {
        const leaders = [`v${at}`, ...ids];
        const order = startOrder(history, new Set([...ids, "a stranger"]), leaders);
        if (!order) return;
        const { groups, last } = order;
        for (const group of [...groups, [last]]) {
          for (const set of history) expect(hasQuorum(set, new Set(group))).toBe(false);
        }
        expect([...groups.flat(), last].sort()).toEqual([...ids].sort());
        expect(last).toBe(ids.includes(`v${at}`) ? `v${at}` : ids[0]);
      }),
      chance(),
    );
  });

  test("is there for every set of which no validator makes blocks alone", () => {
    fc.assert(
      fc.property(sets, (set) => {
        const here = new Set(set.map(({ id }) => id));
        const alone = set.some(({ id }) => hasQuorum(set, new Set([id])));
        expect(startOrder([set], here, []) === null).toBe(alone);
      }),
      chance(),
    );
  });

  const same = { pod: "a", height: 1_003, hash: block.hash, stateRoot: block.stateRoot };

  test.each([
    ["says nothing", { height: null, hash: null, stateRoot: null }, 0],
    ["is behind the backup", { height: 999, hash: null, stateRoot: null }, 0],
    ["has another block", { hash: `0x${"1".repeat(64)}` }, 1],
    ["has another state", { stateRoot: `0x${"1".repeat(64)}` }, 1],
  ])("is not handed over while a node %s", (_, over, strangers) => {
    const said = [same, { ...same, pod: "b", ...over }];
    expect(agree(said, block)).toBe(false);
    expect(strangersAmong(said, block)).toHaveLength(strangers);
  });

  test("is handed over when all have the backup's block", () => {
    expect(agree([same, { ...same, pod: "b", height: 1_004 }], block)).toBe(true);
    expect(agree([], block)).toBe(false);
  });
});
