import { contextForTests } from "@playbook/action/testing";
import { stepsOn } from "@playbook/evm";
import { startWorld } from "@playbook/world";
import { makePlan } from "../../src/plan/planner.ts";
import { transactionsOf } from "./live.ts";
import { openProduct } from "./product.ts";
import { SENDER } from "./sender.ts";

const RELEASE = [
  "script/01_Core.s.sol --rpc-url alpha",
  "script/01_Core.s.sol --rpc-url beta",
  "script/01_Core.s.sol --rpc-url gamma",
  "script/02_Liquidity.s.sol --rpc-url alpha",
  `script/03_Configure.s.sol --sig "run(address)" 0x000000000000000000000000000000000000bEEF`,
];

const UPGRADE = ["alpha", "beta", "gamma"].map(
  (chain) => `script/04_UpgradeV2.s.sol --rpc-url ${chain}`,
);

test("a whole protocol on three chains is planned as forge would have broadcast it, and its upgrade", async () => {
  await using product = await openProduct("nexus");
  await using world = await startWorld({
    chains: [
      { id: 10012, name: "alpha" },
      { id: 43113, name: "beta" },
      { id: 5, name: "gamma", fees: "legacy" },
    ],
  });
  const inputs = await product.inputs(world.chains, ...RELEASE);
  const keep = { contract: "AccessManager", right: "role 1", reason: "it releases" };
  const { plan } = await makePlan({ ...inputs, keeps: [keep] }, contextForTests(), product.env);

  const checkout = await product.checkout();
  await product.broadcast(checkout, world.chains, ...RELEASE);

  for (const chain of world.chains) {
    const planned = stepsOn(plan, chain.name).map(({ nonce, to, value, data }) => ({
      ...{ nonce, to, value, data },
    }));
    expect(await transactionsOf(chain, SENDER)).toMatchObject(planned);
    expect(planned.length).toBeGreaterThan(10);
  }

  // The old versions are still in the build, by which their layouts are known.
  const next = await product.inputs(world.chains, ...UPGRADE);
  const upgrade = { ...next, project: checkout, keeps: [keep] };
  const second = await makePlan(upgrade, contextForTests(), product.env);
  expect(second.warnings).toEqual([]);
  expect(second.plan.rights?.held).toHaveLength(3);
  expect(second.summary).toMatch(
    /alpha, beta, gamma \| `src\/Nexus.sol:Nexus` \| `src\/v2\/NexusV2.sol:NexusV2` \| compatible/,
  );
  expect(second.summary).toMatch(/`src\/v2\/VortexV2.sol:VortexV2` \| compatible/);
}, 180_000);
