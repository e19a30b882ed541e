import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import { folderStore } from "@playbook/state";
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

describe("a release that was stopped in the middle", () => {
  /** It stops when three of its transactions are out. */
  async function stopped() {
    const world = await startWorld({ chains: [{ id: 10012, name: "alpha" }] });
    const state = join(world.dir, "state");
    const [chain] = world.chains;
    const rig = await rigOn(chain, state);
    const chainsFile = join(world.dir, "chains.json");
    await writeFile(chainsFile, JSON.stringify([chain.metadata()]));
    const context = contextForTests();
    let sent = 0;
    chain.chaos.onCall((phase, { method }) => {
      if (phase === "before" && method === "eth_sendRawTransaction") sent += 1;
      if (sent === 3) context.stop.abort(new Error("stopped"));
    });
    const shapes = Array.from({ length: 9 }, (_, index) => ({ name: `count(${index})` }));
    const plan = counterPlan(rig.key.address, rig.planned, shapes);
    const policy = { window: 2, patience: 3, budget: null };
    await expect(rig.run(plan, { context, policy })).rejects.toThrow("stopped");
    return { world, rig, state, chainsFile };
  }

  test("is shown nonce by nonce beside its chain, with the commands that go on", async () => {
    const { world, rig, state, chainsFile } = await stopped();
    await using _ = world;

    const said = await playbook("status", "--state", state, "--chains-file", chainsFile);

    expect(said).toContain("acme/counter test one: unfinished\n  alpha");
    expect(said).toContain(`${rig.key.address} on alpha (chain 10012)`);
    expect(said).toMatch(/steps {5}\d+ of 10 settled, \d+ signed, \d+ to be signed/);
    expect(said).toMatch(/\n +0 {2}[#>s.]{10}\n/);
    expect(said).toMatch(/wrote {5}entry \d+, \w+: writer-\d+/);
    expect(said).toContain("pnpm playbook ledger abandon \\\n    --release acme/counter,test,one");
    for (const line of said.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("is there for programs, too", async () => {
    const { world, state, chainsFile } = await stopped();
    await using _ = world;
    const args = ["--state", state, "--chains-file", chainsFile, "--json"];

    const said = JSON.parse(await playbook("status", ...args));

    expect(said).toMatchObject({
      ledgers: [{ chain: "alpha", advice: "go-on", open: { steps: 10, nonces: { length: 10 } } }],
      releases: [
        { name: "acme/counter test one", stage: "unfinished", chains: { alpha: "not done" } },
      ],
    });
  });

  test("is shown before it is given up, and nothing is changed", async () => {
    const { world, state } = await stopped();
    await using _ = world;
    const before = await folderStore(state).list("");
    const release = ["--release", "acme/counter,test,one"];

    const said = await playbook("abandon", "--state", state, ...release);

    expect(said).toContain("acme/counter test one: unfinished");
    expect(said).toContain("Nothing is changed");
    expect(await folderStore(state).list("")).toEqual(before);
  });
});

test("a used key is shown as adopting would take it over, without the key itself", async () => {
  await using world = await startWorld({ chains: [{ id: 10012, name: "alpha" }] });
  const [chain] = world.chains;
  const chainsFile = join(world.dir, "chains.json");
  await writeFile(chainsFile, JSON.stringify([chain.metadata()]));
  const signer = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
  const args = ["--state", join(world.dir, "state"), "--chains-file", chainsFile];
  args.push("--release", "acme/counter,test,before", "--chains", "alpha");

  await expect(playbook("adopt", ...args)).rejects.toThrow(/--signer is missing/);
  const said = await playbook("adopt", ...args, "--signer", signer);

  expect(said).toContain("## To adopt: test");
  expect(said).toContain("begins at nonce 0");
});

test("an option that is none is named, and the right ones are shown", async () => {
  await expect(playbook("--stat", "here")).rejects.toThrow(/--stat.*[\s\S]*--state/);
});
