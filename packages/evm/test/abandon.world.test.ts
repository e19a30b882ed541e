import { contextForTests } from "@playbook/action/testing";
import {
  type Broadcast,
  closePlan,
  Endpoint,
  giveUp,
  type Plan,
  planDigest,
  Rpc,
} from "../src/index.ts";
import { transactionsOf } from "./auditor.ts";
import type { Rig } from "./rig.ts";
import { calls, planOn, SEND, stage } from "./stage.ts";

const { rigAt } = stage({
  auto: { id: 10012 },
  manual: { id: 10013, mining: "manual", reorgPeriod: 3 },
});

/**
 * A run of the plan that ends when it is about to send for the nth time; what it signed is stored.
 */
async function haltedAt(rig: Rig, plan: Plan, nth: number, window = 4): Promise<void> {
  const context = contextForTests();
  const action = { kind: "drop" } as const;
  const cut = rig.chain.chaos.rule({ method: SEND, nth, times: Infinity, action });
  let seen = 0;
  const forget = rig.chain.chaos.onCall((phase, { method }) => {
    if (phase === "before" && method === SEND) seen += 1;
    if (seen >= nth) context.stop.abort(new Error("halted"));
  });
  const policy = { window, patience: 3, budget: null };
  await expect(rig.run(plan, { context, policy })).rejects.toThrow("halted");
  forget();
  cut.remove();
}

/** What one process does that gives the plan up. */
async function abandon(rig: Rig, plan: Plan, over: Partial<Broadcast> = {}) {
  const context = contextForTests();
  const inputs: Broadcast = {
    chain: rig.planned,
    steps: plan.steps,
    plan: planDigest(plan),
    deployment: "acme/counter test one",
    endpoint: new Endpoint(new Rpc([rig.chain.url], context)),
    ledger: await rig.ledger(),
    signer: rig.key,
    finality: 0,
    policy: { window: 16, patience: 3, budget: null },
    pause: 20,
    context,
    ...over,
  };
  const ended = await giveUp(inputs);
  await closePlan(inputs, ended.outcome);
  return ended;
}

/** Somebody else's transaction with the key's next nonce. */
async function use({ chain, key }: Rig): Promise<void> {
  const to = "0x000000000000000000000000000000000000dEaD";
  await chain.send("anvil_impersonateAccount", [key.address]);
  await chain.send("eth_sendTransaction", [
    { from: key.address, to, gas: "0x5208", gasPrice: "0xba43b7400" },
  ]);
  await chain.send("anvil_stopImpersonatingAccount", [key.address]);
}

/** What became of each nonce: a step's id, `nothing`, or `foreign`. */
async function fates({ chain, key }: Rig, { steps }: Plan): Promise<string[]> {
  const nothing = `${key.address.toLowerCase()} 0x 0`;
  const found = await transactionsOf(chain, key.address);
  return found.map(({ act, nonce }) => {
    if (act === nothing) return "nothing";
    const step = steps.find((one) => one.nonce === nonce);
    const own = `${step?.to?.toLowerCase() ?? "create"} ${step?.data} ${step?.value}`;
    return step && act === own ? (step.id.split("/")[1] ?? "") : "foreign";
  });
}

test("what is signed and was never sent is used up for nothing, and the key is free", async () => {
  const rig = await rigAt("auto");
  const plan = planOn(rig, calls(9));
  await haltedAt(rig, plan, 1);
  const signed = (await rig.ledger()).state?.open?.slots.length ?? 0;

  const { outcome } = await abandon(rig, plan);

  expect(outcome).toBe("abandoned");
  expect(await fates(rig, plan)).toEqual(Array.from({ length: signed }, () => "nothing"));
  expect((await rig.ledger()).state).toMatchObject({ nonce: signed, open: null });
});

/** Mines blocks until the work is done. */
async function mined<Result>({ chain }: Rig, work: Promise<Result>): Promise<Result> {
  let ended = false;
  const watched = work.finally(() => {
    ended = true;
  });
  while (!ended) {
    await chain.mine();
    await pause();
  }
  return watched;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

type Pool = { pending: Record<string, Record<string, { to: string | null; input: string }>> };

/** What the node holds of the key: whether each is a transfer of nothing to itself. */
async function held({ chain, key }: Rig): Promise<boolean[]> {
  const { pending } = await chain.send<Pool>("txpool_content", []);
  const self = key.address.toLowerCase();
  const own = Object.entries(pending).find(([sender]) => sender.toLowerCase() === self);
  return Object.values(own?.[1] ?? {}).map(({ to, input }) => to === self && input === "0x");
}

test("what waits in the pool is replaced there, and what is in a block stays", async () => {
  const rig = await rigAt("manual");
  const plan = planOn(rig, calls(6));
  const context = contextForTests();
  const policy = { window: 3, patience: 3, budget: null };
  const later = { method: SEND, nth: 4, times: Infinity } as const;
  const cut = rig.chain.chaos.rule({ ...later, action: { kind: "drop" } });
  const running = rig.run(plan, { context, policy, pause: 20 });
  while ((await held(rig)).length < 3) await pause();
  await rig.chain.mine();
  cut.remove();
  while ((await held(rig)).length === 0) await pause();
  context.stop.abort(new Error("halted"));
  await expect(running).rejects.toThrow("halted");

  const abandoning = abandon(rig, plan, { finality: 3 });
  while ((await held(rig)).includes(false)) await pause();
  const ended = await mined(rig, abandoning);

  expect(ended.outcome).toBe("abandoned");
  const found = await fates(rig, plan);
  expect(found.join()).toMatch(/^0,1,2(,nothing)+$/);
  expect((await rig.ledger()).state).toMatchObject({ nonce: found.length, open: null });
});

describe("a plan of which somebody else has used nonces", () => {
  test.each([
    ["the first ones that it signed", { nth: 1, window: 4, times: 2 }, ["foreign", "foreign"]],
    ["one in the middle", { nth: 2, window: 1, times: 1 }, ["0", "foreign"]],
  ])("leaves them %s, and uses up the rest", async (_, { nth, window, times }, wanted) => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, calls(8));
    await haltedAt(rig, plan, nth, window);
    for (let time = 0; time < times; time += 1) await use(rig);

    await abandon(rig, plan);

    const found = await fates(rig, plan);
    expect(found.slice(0, 2)).toEqual(wanted);
    expect(new Set(found.slice(2))).toEqual(new Set(["nothing"]));
    expect((await rig.ledger()).state).toMatchObject({
      open: null,
      last: { outcome: "abandoned" },
    });
  });

  test("is not closed on a node's bare word that they are used", async () => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, calls(3));
    await haltedAt(rig, plan, 1);
    await use(rig);
    await rig.chain.mine();
    await rig.chain.mine();
    const height = await rig.chain.height();
    const cut = rig.chain.chaos.rule({
      method: "eth_getTransactionCount",
      where: ({ params }) => Number(params[1]) < height,
      times: Infinity,
      action: { kind: "error", code: -32000, message: "missing trie node" },
    });

    await expect(abandon(rig, plan)).rejects.toMatchObject({ code: "use-unproven" });

    expect((await rig.ledger()).state?.open).toMatchObject({ abandoned: true, foreign: [] });
    cut.remove();
    await abandon(rig, plan);
    expect((await rig.ledger()).state).toMatchObject({ open: null });
  });
});

test("a chain that is another than the plan's is not given anything to use up", async () => {
  const rig = await rigAt("auto");
  const other = await rigAt("manual");
  const plan = planOn(rig, calls(3));
  await haltedAt(rig, plan, 1);
  const endpoint = new Endpoint(new Rpc([other.chain.url], contextForTests()));
  const { signatures } = rig.key;

  await expect(abandon(rig, plan, { endpoint })).rejects.toMatchObject({ code: "wrong-chain" });
  expect(rig.key.signatures).toBe(signatures);
});
