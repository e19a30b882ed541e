import { spawnSync } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./measured.ts";

/** How long a script takes from start to exit, whatever it exits with, in milliseconds. */
function startOnce(script: string): number {
  const started = performance.now();
  spawnSync(process.execPath, [script], { stdio: "ignore", env: { PATH: process.env.PATH ?? "" } });
  return performance.now() - started;
}

/**
 * The start of our action, of an empty script and of configure-aws-credentials' bundle: each is run
 * without inputs, so that it loads, reads them and refuses.
 */
export async function benchStart(
  main: string,
  peer: string | undefined,
  rounds: number,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "start-"));
  const empty = join(folder, "empty.mjs");
  await writeFile(empty, "");

  const runners = [
    { name: "an empty node script", script: empty },
    { name: "configure-aws-credentials", script: peer },
    { name: "foundry-broadcast-with-kms", script: main },
  ];
  const times = new Map(runners.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, script } of runners) {
      if (script) times.get(name)?.push(startOnce(script));
    }
  }
  const base = median(times.get("an empty node script") ?? []);
  const lines = [...times].map(([name, all]) => {
    if (all.length === 0) return `| ${name} | not measured: PLAYBOOK_PEER_AUTH was not set | |`;
    return `| ${name} | ${median(all).toFixed(0)} ms | ${(median(all) / base).toFixed(1)}× |`;
  });
  return ["| | start to exit | against the empty script |", "|---|---|---|", ...lines].join("\n");
}
