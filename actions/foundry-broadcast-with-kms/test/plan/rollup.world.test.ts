import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import { type Hex, type Plan, Rpc } from "@playbook/evm";
import { folderStore } from "@playbook/state";
import { type Chain, startWorld } from "@playbook/world";
import { testKey } from "../../../../packages/evm/test/counter.ts";
import { release } from "../../../../packages/evm/test/release.ts";
import { makePlan } from "../../src/plan/planner.ts";
import { openProduct, type Product } from "./product.ts";

const CORE = 'script/Core.s.sol:Core --sig "run(uint256)" 1000';
const ETHER = 10n ** 18n;

let product: Product;
beforeAll(async () => {
  product = await openProduct("vaults");
});
afterAll(() => product?.[Symbol.asyncDispose]());

const key = testKey(`0x${"77".repeat(32)}`);

/**
 * A plan of the product's core for this test's key; `entry` is what the chains file says besides.
 */
async function planOn(chain: Chain, entry: object = {}) {
  const inputs = await product.inputs([chain], CORE);
  const [metadata] = JSON.parse(await readFile(inputs.chainsFile, "utf8"));
  await writeFile(inputs.chainsFile, JSON.stringify([{ ...metadata, ...entry }]));
  return makePlan({ ...inputs, sender: key.address }, contextForTests(), product.env);
}

let folders = 0;

/** Sends a plan with a ledger of its own. Transactions sent. */
function send(plan: Plan, chain: Chain, dir: string, budget: bigint | null = null) {
  folders += 1;
  const over = { policy: { window: 16, patience: 3, budget } };
  return release({
    ...{ plan, signer: key, writer: `writer-${folders}`, context: contextForTests() },
    store: folderStore(join(dir, `state-${folders}`)),
    wireTo: () => new Rpc([chain.url]),
    ...(budget === null ? {} : { over }),
  });
}

const balance = async (chain: Chain) =>
  BigInt(await chain.send<Hex>("eth_getBalance", [key.address, "latest"]));

describe("a chain that charges for data in gas", () => {
  test("is known by what it has, and gets gas for both: what the fork used is too little there", async () => {
    await using world = await startWorld({
      chains: [{ id: 7, name: "alpha", rollup: "arbitrum" }],
    });
    const [alpha] = world.chains;
    await alpha.setBalance(key.address, 1_000n * ETHER);

    const { plan, summary } = await planOn(alpha);
    expect(plan.chains[0]?.metadata.playbook).toEqual({ gas: { preset: "arbitrum" } });
    expect(summary).toContain("| alpha | arbitrum |");
    expect(plan.steps.every(({ dataGas = 0, gas }) => dataGas > 0 && gas > 2 * dataGas)).toBe(true);

    const asElsewhere = await planOn(alpha, { playbook: { gas: { preset: "ethereum" } } });
    await expect(send(asElsewhere.plan, alpha, world.dir)).rejects.toMatchObject({
      code: "transaction-refused",
      why: expect.stringContaining("intrinsic gas too low"),
    });
    expect(await alpha.nonce(key.address)).toBe(0);
    expect(await send(plan, alpha, world.dir)).toBe(plan.steps.length);
  });

  test("is asked again before anything is signed: its price may have risen since the plan", async () => {
    await using world = await startWorld({
      chains: [{ id: 7, name: "alpha", rollup: "arbitrum" }],
    });
    const [alpha] = world.chains;
    await alpha.setBalance(key.address, 1_000n * ETHER);
    const { plan } = await planOn(alpha);

    await alpha.setDataPrice(61_000_000_000n);
    key.signatures = 0;
    await expect(send(plan, alpha, world.dir)).rejects.toMatchObject({
      code: "gas-outdated",
      next: expect.stringContaining("Plan again"),
    });
    expect(key.signatures).toBe(0);

    await alpha.setDataPrice(59_000_000_000n);
    expect(await send(plan, alpha, world.dir)).toBe(plan.steps.length);
  });
});

describe("a chain that charges for data beside the gas", () => {
  test("has that in the plan's cost, in what the key must have, and in the budget", async () => {
    await using world = await startWorld({ chains: [{ id: 10, name: "alpha", rollup: "op" }] });
    const [alpha] = world.chains;
    await alpha.setDataPrice(3_000_000_000_000n);

    const { plan, summary } = await planOn(alpha);
    expect(summary).toContain("| alpha | op |");
    const gasOnly = plan.steps.reduce(
      (sum, { gas, value }) => sum + BigInt(gas) * 3n * 10n ** 9n + value,
      0n,
    );
    await alpha.setBalance(key.address, gasOnly);
    key.signatures = 0;
    await expect(send(plan, alpha, world.dir)).rejects.toMatchObject({ code: "balance-too-low" });
    await alpha.setBalance(key.address, 1_000n * ETHER);
    await expect(send(plan, alpha, world.dir, gasOnly)).rejects.toMatchObject({
      code: "budget-reached",
    });
    expect(key.signatures).toBe(0);

    expect(await send(plan, alpha, world.dir)).toBe(plan.steps.length);
    expect(1_000n * ETHER - (await balance(alpha))).toBeGreaterThan(gasOnly / 2n);
  });
});

test("a chain with a meter of its own is asked what it can tell, and given twice where it cannot", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const [alpha] = world.chains;
  const usual = await planOn(alpha);
  const dearer = (gas: unknown) => `0x${(Number(gas) * 5).toString(16)}`;
  const lie = { times: Number.POSITIVE_INFINITY, action: { kind: "lie", as: dearer } } as const;
  alpha.chaos.rule({ method: "eth_estimateGas", ...lie });

  const metered = await planOn(alpha, { technicalStack: "polkadotsubstrate" });

  const times = metered.plan.steps.map(({ gas, kind }, at) => {
    const before = usual.plan.steps[at]?.gas ?? 0;
    return { kind, times: Math.round(gas / before) };
  });
  expect(times.filter(({ kind }) => kind === "transfer")).toEqual([{ kind: "transfer", times: 5 }]);
  expect(times.filter(({ kind }) => kind === "call").map((one) => one.times)).toContain(2);
  expect(Math.min(...times.map((one) => one.times))).toBe(2);
  expect(times[0]).toMatchObject({ times: 5 });
});
