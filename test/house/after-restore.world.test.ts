import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startWorld } from "@playbook/world";
import { consequencesOf, lossOf } from "../../packages/backup/src/index.ts";
import { counterPlan } from "../../packages/evm/test/counter.ts";
import { rigOn } from "../../packages/evm/test/rig.ts";
import { root, shell } from "../../scripts/tools.ts";

const HASH = `0x${"1".repeat(64)}`;

/** Lines as a shell takes them: one that ends in a backslash goes on in the next. */
const whole = (lines: string[]) =>
  lines
    .join("\n")
    .replaceAll(/\s*\\\n\s*/g, " ")
    .split("\n");

/**
 * What a restore that lost blocks writes for the nonce ledgers, with a person's own values in it.
 */
function commandsFor(values: Record<string, string>): string[][] {
  const block = { height: 1, hash: HASH, stateRoot: HASH, timestamp: 1 };
  const chain = { id: "10012", genesisHash: HASH, block };
  const found = consequencesOf(lossOf(block, null), chain).find(
    ({ consumer }) => consumer === "Nonce ledgers",
  );
  const lines = found?.commands.filter((line) => !line.startsWith("#")) ?? [];
  return whole(lines).map((line) => {
    const [bare = ""] = line.split(" #");
    const filled = Object.entries(values).reduce(
      (all, [name, to]) => all.replaceAll(name, to),
      bare,
    );
    return filled.split(" ");
  });
}

const run = ([pnpm, program, ...args]: string[]) => {
  expect([pnpm, program]).toEqual(["pnpm", "playbook"]);
  return shell(process.execPath, [join(root, "scripts", "playbook.ts"), ...args]);
};

async function ask(url: string, method: string, ...params: unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body });
  return ((await answer.json()) as { result: unknown }).result;
}

test("a chain that went back has fewer nonces than its ledger: the commands show it, and begin anew", async () => {
  await using world = await startWorld({ chains: [{ id: 10012, name: "axon" }] });
  const [chain] = world.chains;
  const state = join(world.dir, "state");
  const rig = await rigOn(chain, state);
  const before = await ask(chain.url, "evm_snapshot");
  await rig.run(counterPlan(rig.key.address, rig.planned, [{ name: "count" }]));
  expect(await ask(chain.url, "evm_revert", before)).toBe(true);
  const chainsFile = join(world.dir, "chains.json");
  await writeFile(chainsFile, JSON.stringify([chain.metadata()]));
  const [status = [], adopt = []] = commandsFor({
    ...{ "s3://BUCKET/PREFIX": state, REGION: "us-east-1", "axon=URL": `axon=${chain.url}` },
    CHAINS: chainsFile,
    ...{ ADDRESS: rig.key.address, "OWNER/NAME,ENVIRONMENT,RELEASE": "acme/counter,test,again" },
  });

  const shown = await run(status);
  const anew = await run(adopt);

  expect(shown).toContain("settled   nonces below 2");
  expect(shown).toMatch(/on chain {2}.*\b0\b/);
  expect(adopt.join(" ")).toContain(`${state}-after-restore`);
  expect(anew).toContain("begins at nonce 0");
});

test("a release that meets such a chain stops by itself", async () => {
  await using world = await startWorld({ chains: [{ id: 10012, name: "axon" }] });
  const [chain] = world.chains;
  const rig = await rigOn(chain, join(world.dir, "state"));
  const before = await ask(chain.url, "evm_snapshot");
  await rig.run(counterPlan(rig.key.address, rig.planned, [{ name: "count" }]));
  await ask(chain.url, "evm_revert", before);

  const more = rig.run(counterPlan(rig.key.address, rig.planned, [{ name: "more" }], "two"));

  await expect(more).rejects.toMatchObject({
    code: "node-behind",
    why: expect.stringContaining("the chain was taken back"),
  });
});
