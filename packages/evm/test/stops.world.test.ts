import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import { Wallet } from "ethers";
import type { Plan } from "../src/index.ts";
import { handedIn } from "./auditor.ts";
import { counterPlan, FACTORY } from "./counter.ts";
import { freshSecret, type Rig, rigOn } from "./rig.ts";
import { calls, faults, mining, planOn, SEND, stage } from "./stage.ts";

const { chain, rigAt } = stage({
  auto: { id: 10012 },
  manual: { id: 10013, mining: "manual", reorgPeriod: 3 },
});

describe("a key that somebody else uses too", () => {
  const use = async (rig: Rig) => {
    const wallet = new Wallet(`0x${"77".repeat(32)}`);
    const nonce = await rig.chain.nonce(rig.key.address);
    const fees = { gasLimit: 21_000, gasPrice: 40_000_000_000n };
    await rig.chain.send("anvil_impersonateAccount", [rig.key.address]);
    const hex = (value: number | bigint) => `0x${value.toString(16)}`;
    await rig.chain.send("eth_sendTransaction", [
      {
        from: rig.key.address,
        to: wallet.address,
        nonce: hex(nonce),
        gas: hex(fees.gasLimit),
        gasPrice: hex(fees.gasPrice),
      },
    ]);
    await rig.chain.send("anvil_stopImpersonatingAccount", [rig.key.address]);
  };

  test("before the first step stops the plan before anything is signed", async () => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, calls(3));
    await use(rig);

    await expect(rig.run(plan)).rejects.toMatchObject({ code: "key-used-before" });
    expect(rig.key.signatures).toBe(0);
  });

  test("between two releases stops the second, before anything is signed", async () => {
    const rig = await rigAt("auto");
    const first = planOn(rig, calls(1));
    await rig.run(first);
    const planned = { ...rig.planned, firstNonce: 2 };
    const second = counterPlan(rig.key.address, planned, calls(1), "two");
    await use(rig);

    await expect(rig.run(second)).rejects.toMatchObject({ code: "nonce-used-elsewhere" });
    expect(rig.key.signatures).toBe(2);
  });

  test("in the middle stops the plan with the foreign transaction in a block, and shifts nothing", async () => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, [
      ...calls(2),
      { name: "grantRole", after: [0, 2], waits: "role" },
      ...calls(2),
    ]);
    let used = false;
    rig.chain.chaos.onCall(async (phase, { method }) => {
      const next = await rig.chain.nonce(rig.key.address);
      if (used || phase !== "before" || method !== "eth_getBlockByNumber" || next !== 3) return;
      used = true;
      await use(rig);
    });

    await expect(rig.run(plan)).rejects.toMatchObject({ code: "nonce-used-elsewhere" });
    await expect(rig.run(plan)).rejects.toMatchObject({ code: "nonce-used-elsewhere" });

    for (const acts of handedIn(rig.chain, rig.key.address).values()) expect(acts.size).toBe(1);
    expect(await faults(rig, plan)).toContain(`${plan.chains[0]?.name}/3 is missing`);
    expect(await faults(rig, plan)).not.toContain(`${plan.chains[0]?.name}/2 is missing`);
  });
});

describe("a run that is cancelled", () => {
  test.each([1, 6, 15])(
    "at transaction %i starts nothing new, and the next one finishes",
    async (nth) => {
      const rig = await rigAt("auto");
      const plan = planOn(rig, calls(20));
      const context = contextForTests();
      let seen = 0;
      const forget = rig.chain.chaos.onCall((phase, { method }) => {
        if (phase !== "before" || method !== SEND) return;
        seen += 1;
        if (seen === nth) context.stop.abort(new Error("cancelled by the user"));
      });
      const policy = { window: 4, patience: 3, budget: null };
      await expect(rig.run(plan, { context, policy })).rejects.toThrow("cancelled by the user");
      forget();

      expect(await rig.chain.nonce(rig.key.address)).toBeLessThan(21);
      await rig.run(plan);
      expect(await faults(rig, plan)).toEqual([]);
      expect(await rig.run(plan)).toMatchObject({ sent: 0 });
    },
  );

  test("and whose next step would fail by now is not resumed blindly", async () => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, [{ name: "new Counter{salt}", kind: "create2" }]);
    const context = contextForTests();
    rig.chain.chaos.rule({ method: SEND, nth: 2, times: Infinity, action: { kind: "drop" } });
    let seen = 0;
    const forget = rig.chain.chaos.onCall((phase, { method }) => {
      if (phase !== "before" || method !== SEND) return;
      seen += 1;
      if (seen === 2) context.stop.abort(new Error("cancelled by the user"));
    });
    const policy = { window: 1, patience: 3, budget: null };
    await expect(rig.run(plan, { context, policy })).rejects.toThrow("cancelled by the user");
    forget();
    rig.chain.chaos.calm();

    // Somebody else has made the same contract with the same salt.
    const data = plan.steps[1]?.data;
    const other = new Wallet(freshSecret());
    await rig.chain.setBalance(other.address, 10n ** 18n);
    await rig.chain.sendAs(other.address, { to: FACTORY, data: String(data), gas: "0x100000" });

    const before = rig.chain.chaos.count(SEND);
    await expect(rig.run(plan)).rejects.toMatchObject({ code: "resume-would-revert" });
    expect(rig.chain.chaos.count(SEND)).toBe(before);
  });
});

describe("before anything is signed", () => {
  test("a step over the block's gas limit stops the plan", async () => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, [...calls(2), { name: "migrateAll()", gas: 40_000_000 }]);

    await expect(rig.run(plan)).rejects.toMatchObject({
      code: "step-too-big",
      why: expect.stringContaining("migrateAll()"),
    });
    expect(rig.key.signatures).toBe(0);
  });

  test("a balance that does not cover the plan at its dearest stops it, with the sum", async () => {
    const rig = await rigAt("auto");
    await rig.chain.setBalance(rig.key.address, 1_000_000n);

    await expect(rig.run(planOn(rig, calls(2)))).rejects.toMatchObject({ code: "balance-too-low" });
    expect(rig.key.signatures).toBe(0);
  });

  test("a right URL with a wrong chain behind it stops the plan", async () => {
    const rig = await rigAt("auto");
    const urls = [chain("manual").url];

    await expect(rig.run(planOn(rig, calls(1)), { urls })).rejects.toMatchObject({
      code: "wrong-chain",
    });
  });

  test("no answer from any URL is one error that names the chain and no secret", async () => {
    const rig = await rigAt("auto");
    const urls = ["http://127.0.0.1:1/v3/SECRET"];
    const failure = await rig.run(planOn(rig, calls(1)), { urls }).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: "rpc-unreachable" });
    expect(String(failure)).not.toContain("SECRET");
  });
});

test("a run that comes just after another has closed the plan is told so, and signs nothing", async () => {
  const rig = await rigAt("auto");
  const plan = planOn(rig, calls(2));
  // What it has read of the deployment is from before the other run.
  const late = {
    ...rig.store,
    list: async (prefix: string, after?: string) =>
      prefix.startsWith("deployments/") ? [] : rig.store.list(prefix, after),
  };
  await rig.run(plan);
  const { signatures } = rig.key;

  await expect(rig.run(plan, { store: late })).rejects.toMatchObject({ code: "plan-closed" });
  expect(rig.key.signatures).toBe(signatures);
});

describe("what is stored", () => {
  const stopped = async (rig: Rig, plan: Plan) => {
    const context = contextForTests();
    const forget = rig.chain.chaos.onCall((_, { method }) => {
      if (method === SEND) context.stop.abort(new Error("stop"));
    });
    await expect(rig.run(plan, { context })).rejects.toThrow("stop");
    forget();
    const where = (await rig.ledger()).where;
    return { where, last: join(where, (await readdir(where)).sort().at(-1) ?? "") };
  };

  test.each<[string, (text: string) => string]>([
    ["torn in the middle", (text) => text.slice(0, text.length / 2)],
    ["emptied", () => ""],
    ["changed by a bit", (text) => text.replace(/"raw":"0x02(..)/, '"raw":"0x02ff')],
  ])("and %s stops every run until it is restored, and then goes on", async (_, spoil) => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, calls(3));
    const { last } = await stopped(rig, plan);
    const text = await readFile(last, "utf8");
    await writeFile(last, spoil(text));
    const before = rig.chain.chaos.count(SEND);

    await expect(rig.run(plan)).rejects.toMatchObject({ code: "log-torn" });
    expect(rig.chain.chaos.count(SEND)).toBe(before);

    await writeFile(last, text);
    await rig.run(plan);
    expect(await faults(rig, plan)).toEqual([]);
  });

  test("by a later release of the library is left alone", async () => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, calls(3));
    const { last } = await stopped(rig, plan);
    await writeFile(last, (await readFile(last, "utf8")).replace('"version":1', '"version":2'));

    await expect(rig.run(plan)).rejects.toMatchObject({ code: "log-too-new" });
  });

  test("cannot be written: nothing is sent that is not stored, and the next run goes on", async () => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, calls(3));
    const full = {
      ...rig.store,
      create: async (key: string, bytes: Uint8Array) => {
        if (Buffer.from(bytes).includes('"kind":"signed"'))
          throw new Error("ENOSPC: no space left");
        return rig.store.create(key, bytes);
      },
    };
    await expect(rig.run(plan, { store: full })).rejects.toMatchObject({
      code: "state-unreachable",
      why: expect.stringContaining("ENOSPC"),
    });
    expect(handedIn(rig.chain, rig.key.address).size).toBe(0);

    await rig.run(plan);
    expect(await faults(rig, plan)).toEqual([]);
  });
});

describe("a chain that was started anew with the same id", () => {
  test("between two runs is not taken for the old one", async () => {
    const rig = await rigAt("auto");
    const plan = planOn(rig, calls(2));
    await rig.run(plan);
    await rig.chain.restart();
    await rig.chain.setBalance(rig.key.address, 10n ** 20n);
    const next = planOn({ ...rig, planned: { ...rig.planned, firstNonce: 3 } }, calls(1), "two");

    await expect(rig.run(next)).rejects.toMatchObject({ code: "chain-was-reset" });
    const again = await rigOn(rig.chain, rig.folder, undefined);
    expect(again.planned.genesis).not.toBe(rig.planned.genesis);
  });

  test("and whose new genesis a plan names, has no ledger that this state could vouch for", async () => {
    const rig = await rigAt("auto");
    await rig.run(planOn(rig, calls(2)));
    await rig.chain.restart();
    await rig.chain.setBalance(rig.key.address, 10n ** 20n);
    const genesis = (await rig.chain.genesisHash()) as `0x${string}`;
    const plan = planOn({ ...rig, planned: { ...rig.planned, genesis } }, calls(1), "two");

    await expect(rig.run(plan)).rejects.toMatchObject({ code: "chain-was-reset" });
  });

  test("in the middle of a run is noticed as soon as it is shorter", async () => {
    const rig = await rigAt("manual");
    await rig.chain.mine(5);
    const plan = planOn(rig, calls(6));
    let restarted = false;
    const running = mining(rig, plan, {
      between: async () => {
        if (restarted || rig.chain.chaos.count(SEND) === 0) return;
        restarted = true;
        await rig.chain.restart();
      },
    });

    await expect(running).rejects.toMatchObject({ code: "chain-was-reset" });
  });
});
