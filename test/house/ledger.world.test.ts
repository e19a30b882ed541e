import { join } from "node:path";
import { startWorld } from "@playbook/world";
import { counterPlan } from "../../packages/evm/test/counter.ts";
import { rigOn } from "../../packages/evm/test/rig.ts";
import { root, shell } from "../../scripts/tools.ts";

const playbook = (...args: string[]) =>
  shell(process.execPath, [join(root, "scripts", "playbook.ts"), "ledger", ...args]);

test("playbook ledger draws where a key stands", async () => {
  await using world = await startWorld({ chains: [{ id: 10012, name: "alpha" }] });
  const state = join(world.dir, "state");
  const rig = await rigOn(world.chains[0], state);
  await rig.run(counterPlan(rig.key.address, rig.planned, [{ name: "count" }]));

  const said = await playbook("--state", state, "--signer", rig.key.address);

  expect(said).toContain(`${rig.key.address} on chain 10012`);
  expect(said).toContain("settled   nonces below 2");
  expect(said).toContain("last      acme/counter test one: complete");
  expect(said).toContain("free      the next plan starts at nonce 2");
});

test("an option that is none is named, and the right ones are shown", async () => {
  await expect(playbook("--stat", "here")).rejects.toThrow(/--stat.*[\s\S]*--state/);
});
