import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  type ChainOptions,
  installSvm,
  startAws,
  startChain,
  temporaryFolder,
} from "@playbook/world";
import { foundry } from "../../scripts/tools.ts";
import { installProduct } from "../products/install.ts";
import { type Measured, measure, median } from "./measured.ts";

type Setting = { transactions: number; mining: "auto" | { everySeconds: number }; delayMs: number };

export type Row = Setting & {
  forge: { ms: number; peakMiB: number };
  /** What a release's privileged job does: send a plan that is there. */
  apply: { ms: number; peakMiB: number };
  /** What the job without rights does before. */
  plan: { ms: number };
};

const SETTINGS: Setting[] = [0, 30].flatMap((delayMs) =>
  (["auto", { everySeconds: 1 }] as const).flatMap((mining) =>
    [20, 200].map((transactions) => ({ transactions, mining, delayMs })),
  ),
);

/** The same transactions, chain, KMS key and delays for `forge script --broadcast --aws` and for us. */
export async function benchBroadcast(
  main: string,
  rounds: number,
  say: (line: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const setting of SETTINGS) {
    await using arena = await openArena(main, setting);
    const forge: Measured[] = [];
    const apply: Measured[] = [];
    const plan: Measured[] = [];
    for (let round = 0; round < rounds; round += 1) {
      forge.push(await arena.forge());
      const ours = await arena.ours();
      plan.push(ours.plan);
      apply.push(ours.apply);
    }
    const ms = (all: Measured[]) => median(all.map((one) => one.ms));
    const peakMiB = (all: Measured[]) => median(all.map((one) => one.peakMiB));
    const row = {
      ...setting,
      forge: { ms: ms(forge), peakMiB: peakMiB(forge) },
      apply: { ms: ms(apply), peakMiB: peakMiB(apply) },
      plan: { ms: ms(plan) },
    };
    rows.push(row);
    say(describe(row));
  }
  return rows;
}

export function describe(row: Row): string {
  const blocks = row.mining === "auto" ? "a block each" : `${row.mining.everySeconds} s blocks`;
  return `${row.transactions} transactions, ${blocks}, ${row.delayMs} ms a call`;
}

/** A fresh chain and account for one row; the product is compiled already. */
async function openArena(main: string, { transactions, mining, delayMs }: Setting) {
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(await temporaryFolder("bench"));
  const aws = opening.use(
    await startAws({ backend: "fast", evaluate: false, dir: join(folder.path, "aws") }),
  );
  const options: ChainOptions = { id: 10012, name: "alpha", mining };
  const chain = opening.use(await startChain(options));
  const key = await aws.createKey();
  await aws.createBucket("bench");
  const home = join(folder.path, "home");
  await mkdir(home);
  await installSvm(home, ["0.8.30"]);
  const project = await installProduct("counter", join(folder.path, "counter"), {
    compiled: "default",
  });
  const env = { ...environment(home), ...aws.environment(aws.admin) };
  let runs = 0;

  const fresh = async () => {
    runs += 1;
    chain.chaos.calm();
    await chain.restart();
    await chain.setBalance(key.address, 10n ** 21n);
    chain.chaos.setDelay(delayMs);
    aws.delay(delayMs);
    return `run-${runs}`;
  };
  const resources = opening.move();

  return {
    forge: async () => {
      await fresh();
      const script = ["script", "script/Count.s.sol", "--sig", "run(uint256)", `${transactions}`];
      const sending = ["--rpc-url", chain.url, "--broadcast", "--aws", "--sender", key.address];
      return measure({
        command: foundry("forge"),
        args: [...script, ...sending],
        cwd: project,
        env: { ...env, AWS_KMS_KEY_ID: key.id, ALPHA_RPC_URL: chain.url },
      });
    },
    ours: async () => {
      const release = await fresh();
      const common = { environment: "bench", release, "rpc-urls": `alpha=${chain.url}` };
      const act = (inputs: Record<string, string>) =>
        measure({
          command: process.execPath,
          args: [main],
          cwd: project,
          env: { ...env, ...asInputs(inputs) },
        });
      const plan = await act({
        ...common,
        mode: "plan",
        chains: "alpha",
        scripts: `script/Count.s.sol --sig "run(uint256)" ${transactions}`,
        sender: key.address,
      });
      const digest =
        /sha256:[0-9a-f]{64}/.exec(
          plan.output.slice(plan.output.lastIndexOf("plan-digest")),
        )?.[0] ?? "";
      const apply = await act({
        ...common,
        mode: "apply",
        "plan-digest": digest,
        region: aws.region,
        key: key.arn,
        state: `s3://bench/${release}`,
      });
      return { plan, apply };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function environment(home: string): Record<string, string> {
  const path = [join(foundry("forge"), ".."), join(foundry("anvil"), ".."), process.env.PATH];
  return { HOME: home, PATH: path.join(":"), CARGO_HOME: join(homedir(), ".cargo") };
}

function asInputs(inputs: Record<string, string>): Record<string, string> {
  const named = Object.entries(inputs).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ]);
  return Object.fromEntries(named);
}
