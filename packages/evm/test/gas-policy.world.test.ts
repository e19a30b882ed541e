import { contextForTests } from "@playbook/action/testing";
import { Transaction } from "ethers";
import { gasPolicy, withFees } from "../src/index.ts";
import type { Rig } from "./rig.ts";
import { calls, counterOf, faults, GWEI, mining, planOn, SEND, stage } from "./stage.ts";

const { rigAt } = stage({
  manual: { id: 10021, mining: "manual" },
  arbitrum: { id: 10022, mining: "manual", rollup: "arbitrum" },
});

/** A run's policy, with the input `fees` as it would be given. */
function policy({ planned }: Rig, field: "gasPriceCap" | "minPriorityFeePerGas", wei: bigint) {
  const gas = gasPolicy(withFees(planned.metadata, [{ name: planned.name, field, wei }]));
  return { window: 16, patience: 3, budget: null, gas };
}

const setBaseFee = (rig: Rig, wei: bigint) =>
  rig.chain.send("anvil_setNextBlockBaseFeePerGas", [`0x${wei.toString(16)}`]);

/** All that was ever handed in of the key's, in gas prices at most. */
const offers = ({ chain }: Rig) =>
  chain.chaos
    .calls(SEND)
    .map(({ params }) => Transaction.from(String(params[0])).maxFeePerGas ?? 0n);

test("no unit of gas costs more than the cap: the run waits there, and one with a higher cap goes on", async () => {
  const rig = await rigAt("manual");
  const plan = planOn(rig, calls(3));
  await setBaseFee(rig, GWEI);
  await rig.chain.mine();
  const dear = () => setBaseFee(rig, 20n * GWEI).then(() => {});
  const forget = rig.chain.chaos.onCall((phase, { method }) =>
    phase === "before" && method === SEND ? dear() : undefined,
  );
  const context = contextForTests({
    progress: (line) => {
      if (line.includes("exceeds the cap on fees")) context.stop.abort(new Error("enough"));
    },
  });
  const low = policy(rig, "gasPriceCap", 5n * GWEI);
  const waiting = mining(rig, plan, { context, policy: low, between: dear });
  await expect(waiting).rejects.toThrow("enough");
  for (const offer of offers(rig)) expect(offer).toBeLessThanOrEqual(5n * GWEI);

  const high = policy(rig, "gasPriceCap", 60n * GWEI);
  await mining(rig, plan, { policy: high, between: dear });
  forget();

  expect(await faults(rig, plan)).toEqual([]);
  for (const offer of offers(rig)) expect(offer).toBeLessThanOrEqual(60n * GWEI);
});

test("a chain that takes nothing under a price of its own: told by the input that gives it", async () => {
  const rig = await rigAt("manual");
  const plan = planOn(rig, calls(2));
  const cheap = ({ params }: { params: unknown[] }) =>
    (Transaction.from(String(params[0])).maxPriorityFeePerGas ?? 0n) < 60n * GWEI;
  const message = "transaction underpriced: gas tip cap below the configured minimum";
  const action = { kind: "error", code: -32000, message } as const;
  rig.chain.chaos.rule({ method: SEND, where: cheap, times: Number.POSITIVE_INFINITY, action });

  await expect(mining(rig, plan)).rejects.toMatchObject({
    code: "price-refused",
    next: expect.stringContaining("`minPriorityFeePerGas`"),
  });
  expect(await rig.chain.nonce(rig.key.address)).toBe(0);
  await mining(rig, plan, { policy: policy(rig, "minPriorityFeePerGas", 60n * GWEI) });

  expect(await faults(rig, plan)).toEqual([]);
});

test("where data is paid in gas, a cancellation has enough of it", async () => {
  const rig = await rigAt("arbitrum");
  const metadata = { ...rig.planned.metadata, technicalStack: "arbitrumnitro" };
  const ample = { gas: 8_000_000 };
  const plan = planOn({ ...rig, planned: { ...rig.planned, metadata } }, [
    { name: "fails()", data: "0xdead", ...ample },
    { name: "then()", after: [1], ...ample },
  ]);
  plan.steps.forEach((step) => {
    step.gas = ample.gas;
  });
  // The node forgets what depends on the step that fails, until that has failed.
  rig.chain.chaos.rule({ method: SEND, nth: 3, action: { kind: "swallow" } });
  await mining(rig, plan);

  const ledger = await rig.ledger();
  expect(ledger.state).toMatchObject({ nonce: 3, open: null, last: { outcome: "failed" } });
  expect(await rig.counted(counterOf(plan))).toBe(0);
});
