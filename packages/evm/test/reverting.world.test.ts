import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { handedIn, transactionsOf } from "./auditor.ts";
import type { Rig } from "./rig.ts";
import { counterOf, planOn, stage } from "./stage.ts";

/** A block has room for one step, so that those behind one that reverts wait in the pool. */
const { rigAt } = stage({
  narrow: { id: 10012, mining: "manual", reorgPeriod: 3, gasLimit: 210_000 },
});

type Pool = { pending: Record<string, Record<string, { to: string | null; input: string }>> };

/** What the node holds of the key, by nonce: `nothing` is a transfer of nothing to itself. */
async function held({ chain, key }: Rig): Promise<Record<string, string>> {
  const { pending } = await chain.send<Pool>("txpool_content", []);
  const self = key.address.toLowerCase();
  const own = Object.entries(pending).find(([sender]) => sender.toLowerCase() === self)?.[1] ?? {};
  return Object.fromEntries(
    Object.entries(own).map(([nonce, { to, input }]) => [
      nonce,
      to === self && input === "0x" ? "nothing" : "a step",
    ]),
  );
}

async function entriesOf(rig: Rig): Promise<{ kind: string }[]> {
  const { where } = await rig.ledger();
  const names = (await readdir(where)).sort();
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(where, name), "utf8"))),
  );
}

test("what depends on a reverted step and is sent already is cancelled, and none of it takes effect", async () => {
  const rig = await rigAt("narrow");
  const plan = planOn(rig, [
    { name: "count" },
    { name: "boom", data: "0xdead" },
    { name: "count", after: [0, 2] },
    { name: "count", after: [0, 2] },
    { name: "count" },
    { name: "count", after: [4] },
  ]);
  const { name } = rig.chain;
  const [one, nothing] = ["a step", "nothing"];
  // What the node holds before each of the first blocks, which wait for it.
  const before = [
    { 0: one, 1: one, 2: one, 3: one, 4: one, 5: one, 6: one },
    { 1: one, 2: one, 3: one, 4: one, 5: one, 6: one },
    { 2: one, 3: one, 4: one, 5: one, 6: one },
    { 3: nothing, 4: nothing, 5: one, 6: nothing },
  ];

  let isOver = false;
  const running = rig.run(plan, { pause: 20 }).finally(() => {
    isOver = true;
  });
  const miner = async () => {
    for (const awaited of before) {
      while (!isOver && !isDeepStrictEqual(await held(rig), awaited)) await pause(20);
      await rig.chain.mine();
    }
    while (!isOver) {
      await rig.chain.mine();
      await pause(20);
    }
  };
  await Promise.all([running, miner()]);

  const self = `${rig.key.address.toLowerCase()} 0x 0`;
  const found = await transactionsOf(rig.chain, rig.key.address);
  const fates = found.map(({ act, succeeded }) =>
    act === self ? nothing : succeeded ? "done" : "reverted",
  );
  expect(fates).toEqual(["done", "done", "reverted", nothing, nothing, "done", nothing]);
  expect(await rig.counted(counterOf(plan))).toBe(2);
  for (const acts of handedIn(rig.chain, rig.key.address).values()) expect(acts.size).toBe(1);
  expect(await entriesOf(rig)).toContainEqual(
    expect.objectContaining({
      kind: "cancelled",
      why: `${name}/2 reverted`,
      transactions: [3, 4, 6].map((nonce) => expect.objectContaining({ nonce, step: null })),
    }),
  );
  expect((await rig.ledger()).state).toMatchObject({ open: null, last: { outcome: "failed" } });
});
