import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startWorld } from "../src/index.ts";

test("a world starts its chains in the order in which they were asked for", async () => {
  await using world = await startWorld({
    chains: [{ id: 1 }, { id: 56, fees: "legacy" }, { id: 10012, name: "axon", mining: "manual" }],
  });
  const [one, legacy, axon] = world.chains;

  await axon.mine(2);

  expect([one.name, legacy.name, axon.name]).toEqual(["chain1", "chain56", "axon"]);
  expect(await Promise.all(world.chains.map((chain) => chain.height()))).toEqual([0, 0, 2]);
});

test("two worlds do not know of each other", async () => {
  await using one = await startWorld({ chains: [{ id: 1 }] });
  await using other = await startWorld({ chains: [{ id: 1 }] });

  await one.chains[0].mine(5);

  expect(await other.chains[0].height()).toBe(0);
  expect(one.dir).not.toBe(other.dir);
});

test("a world leaves nothing behind", async () => {
  const world = await startWorld({ chains: [{ id: 1 }] });
  const { directUrl } = world.chains[0];
  expect(readdirSync(world.dir)).toEqual(["parts"]);

  await world[Symbol.asyncDispose]();

  expect(existsSync(world.dir)).toBe(false);
  expect(await answers(directUrl)).toBe(false);
});

test("a world leaves nothing behind when its owner is killed", async () => {
  const script = fileURLToPath(new URL("./fixtures/world.ts", import.meta.url));
  const owner = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(owner.stdout), "line");
  const { dir, urls } = JSON.parse(line) as { dir: string; urls: string[] };
  expect(existsSync(dir)).toBe(true);
  expect(await Promise.all(urls.map(answers))).toEqual([true, true]);

  owner.kill("SIGKILL");

  while (existsSync(dir)) await sleep(20);
  for (const url of urls) while (await answers(url)) await sleep(20);
});

test("a world of which one part fails ends the others and says why", async () => {
  const starting = startWorld({ chains: [{ id: 1 }, { id: 2, finalizedAfter: 1 }] });

  await expect(starting).rejects.toThrow(/finalizedAfter is 1/);
});

test("an empty world is a folder", async () => {
  await using world = await startWorld();

  expect(existsSync(world.dir)).toBe(true);
  expect(world.chains).toEqual([]);
});

async function answers(url: string): Promise<boolean> {
  return fetch(url, { method: "POST" }).then(
    () => true,
    () => false,
  );
}
