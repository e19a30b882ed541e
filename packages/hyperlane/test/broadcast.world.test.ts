import { join } from "node:path";
import type { Plan } from "@playbook/evm";
import { type Chain, startWorld, type World } from "@playbook/world";
import { type Rig, rigOn } from "../../evm/test/rig.ts";
import { desiredOn, ledgerSteps, observe, planChain, readCoreConfig } from "../src/index.ts";
import type { Addresses, Desired } from "../src/model.ts";
import { SAFE } from "./wishes.ts";

let world: World<readonly [{ readonly id: 5; readonly mining: "manual" }]>;
let rig: Rig;
let chain: Chain;

beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5, mining: "manual" }] });
  chain = world.chains[0] as Chain;
  rig = await rigOn(chain, join(world.dir, "state"));
});
afterAll(() => world[Symbol.asyncDispose]());

const config = {
  owner: SAFE,
  defaultIsm: { type: "domainRoutingIsm", owner: SAFE, domains: {} },
  defaultHook: { type: "pausableHook", owner: SAFE, paused: false },
  requiredHook: { type: "merkleTreeHook" },
};

const desired: Desired = desiredOn("chain5", readCoreConfig(JSON.stringify(config), "core"), {
  chain5: 5,
});

async function planned(known: Addresses) {
  const wire = { send: <T>(method: string, ...params: unknown[]) => chain.send<T>(method, params) };
  const signer = rig.key.address;
  return planChain(desired, await observe(wire, { desired, signer, known }), signer);
}

test("the nonce ledger takes a plan and brings it to its end, in a handful of blocks", async () => {
  const core = await planned({});
  const line = { line: "core", target: "core", signature: null, arguments: [] };
  const plan: Plan = {
    format: "playbook.plan",
    version: 1,
    deployment: { repository: "acme/hyperlane", environment: "test", release: "one" },
    sender: rig.key.address,
    commit: null,
    chains: [rig.planned],
    scripts: [line],
    steps: ledgerSteps(core),
    files: [],
    records: null,
  };
  const before = await chain.height();
  let ended = false;
  const running = rig.run(plan, { pause: 20 }).finally(() => {
    ended = true;
  });
  while (!ended) {
    const pool = await chain.send<{ pending: string }>("txpool_status");
    if (Number(pool.pending) > 0) await chain.mine();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  expect((await running).sent).toBe(core.steps.length);
  expect(await planned(core.addresses)).toMatchObject({ steps: [], proposals: [], changes: [] });
  expect((await chain.height()) - before).toBeLessThan(core.steps.length / 2);
});
