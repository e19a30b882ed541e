import { contextForTests } from "@playbook/action/testing";
import { transactionsOf } from "./auditor.ts";
import type { Rig } from "./rig.ts";
import { calls, faults, GWEI, mining, planOn, SEND, stage } from "./stage.ts";

/** A chain that mines what comes, one that mines on demand, one with geth's pool, a legacy one. */
const { rigAt } = stage({
  auto: { id: 10012 },
  manual: { id: 10013, mining: "manual", reorgPeriod: 3 },
  geth: { id: 10014, mining: "manual", pool: "geth" },
  legacy: { id: 10015, mining: "manual", fees: "legacy" },
});

describe("a node that", () => {
  test.each<[string, object]>([
    ["says 429 with Retry-After", { kind: "status", status: 429, retryAfterSeconds: 1 }],
    ["says 500", { kind: "status", status: 500 }],
    ["resets the connection", { kind: "drop", how: "reset" }],
    [
      "resets the connection after it has taken a transaction",
      { kind: "lose-reply", how: "reset" },
    ],
    ["fails inside", { kind: "error", code: -32603, message: "internal error" }],
    ["swallows what it is sent, and returns its hash", { kind: "swallow" }],
  ])("%s now and then loses nothing and doubles nothing", async (_, action) => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, calls(12));
    for (const nth of [2, 7]) {
      rig.chain.chaos.rule({ method: SEND, nth, times: 2, action: action as never });
    }
    await rig.run(plan);

    expect(await faults(rig, plan)).toEqual([]);
  });

  test("stands behind a load balancer, days behind the others, is not believed", async () => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, calls(20));
    for (const nth of [5, 14, 22, 35]) {
      rig.chain.chaos.rule({
        method: /^eth_get/,
        nth,
        times: 3,
        action: { kind: "stale", blocks: 9 },
      });
    }
    await rig.run(plan, { policy: { window: 4, patience: 3, budget: null } });

    expect(await faults(rig, plan)).toEqual([]);
  });

  test("forgets what it holds is given it again", async () => {
    const rig = await rigAt("manual");
    const plan = planOn(rig, calls(10));
    let blocks = 0;
    await mining(rig, plan, {
      policy: { window: 4, patience: 3, budget: null },
      between: async () => {
        blocks += 1;
        if (blocks % 2 === 1) await rig.chain.send("anvil_dropAllTransactions");
      },
    });

    expect(await faults(rig, plan)).toEqual([]);
  });

  test("holds sixteen of an account and drops the others silently is found out", async () => {
    const rig = await rigAt("geth");
    const plan = planOn(rig, calls(60));
    await mining(rig, plan, { policy: { window: 64, patience: 3, budget: null } });

    expect(await faults(rig, plan)).toEqual([]);
  });
});

describe("fees", () => {
  const setBaseFee = async (rig: Rig, wei: bigint) => {
    await rig.chain.send("anvil_setNextBlockBaseFeePerGas", [`0x${wei.toString(16)}`]);
  };

  /** Cheap until the first transaction is on its way, dear from the next block on. */
  const risingOn = async (rig: Rig) => {
    await setBaseFee(rig, GWEI);
    await rig.chain.mine();
    let dear = false;
    const forget = rig.chain.chaos.onCall(async (phase, { method }) => {
      if (phase !== "before" || method !== SEND || dear) return;
      dear = true;
      await setBaseFee(rig, 50n * GWEI);
    });
    const between = async () => setBaseFee(rig, dear ? 50n * GWEI : GWEI);
    return { between, forget };
  };

  test("are raised when the base fee leaves what was offered behind", async () => {
    const rig = await rigAt("manual");
    const plan = planOn(rig, calls(10));
    const { between, forget } = await risingOn(rig);
    const { context } = await mining(rig, plan, { between });
    forget();

    expect(await faults(rig, plan)).toEqual([]);
    expect(context.said.join()).toContain("with higher fees");
  });

  test("are not raised beyond the budget: the run waits, and goes on when it is cheap", async () => {
    const rig = await rigAt("manual");
    const plan = planOn(rig, calls(4));
    const { between, forget } = await risingOn(rig);
    const context = contextForTests({
      progress: (line) => {
        if (line.includes("exceeds the budget")) context.stop.abort(new Error("enough"));
      },
    });
    // Enough to begin with at 2 gwei and a tip, not to follow to 50.
    const policy = { window: 16, patience: 3, budget: 5n * 200_000n * 5n * GWEI };
    await expect(mining(rig, plan, { context, policy, between })).rejects.toThrow("enough");
    forget();

    await mining(rig, plan, { policy, between: () => setBaseFee(rig, GWEI) });
    expect(await faults(rig, plan)).toEqual([]);
  });

  test("are legacy on a chain without a base fee, replacements too", async () => {
    const rig = await rigAt("legacy");
    const plan = planOn(rig, calls(6));
    const underpriced = { code: -32000, message: "transaction underpriced" };
    rig.chain.chaos.rule({ method: SEND, nth: 3, action: { kind: "error", ...underpriced } });
    const { context } = await mining(rig, plan);

    expect(await faults(rig, plan)).toEqual([]);
    expect(context.said.join()).toContain("with higher fees");
    const found = await transactionsOf(rig.chain, rig.key.address);
    const types = found.map(({ hash }) =>
      rig.chain.send<{ type: string }>("eth_getTransactionByHash", [hash]),
    );
    expect(new Set((await Promise.all(types)).map(({ type }) => type))).toEqual(new Set(["0x0"]));
  });
});

describe("a chain that takes blocks back", () => {
  test.each<[number, "lost" | "pooled"]>([
    [1, "lost"],
    [1, "pooled"],
    [2, "lost"],
    [2, "pooled"],
  ])("%i deep, transactions %s, ends with every step once", async (depth, fate) => {
    const rig = await rigAt("manual");
    const plan = planOn(rig, [
      ...calls(3),
      { name: "grantRole", after: [0, 3], waits: "role" },
      ...calls(3),
    ]);
    let taken = 0;
    await mining(rig, plan, {
      policy: { window: 4, patience: 3, budget: null },
      between: async () => {
        const nonce = await rig.chain.nonce(rig.key.address);
        if (taken > 1 || nonce < 3 + 2 * taken) return;
        taken += 1;
        await rig.chain.reorg(depth, fate);
      },
    });

    expect(taken).toBe(2);
    expect(await faults(rig, plan)).toEqual([]);
  });
});
