import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { table } from "@playbook/action";
import { type Address, Rpc } from "@playbook/evm";
import {
  type Chain,
  type ChainOptions,
  startAws,
  startChain,
  temporaryFolder,
} from "@playbook/world";
import { stringify } from "yaml";
import { Cli } from "../../packages/hyperlane/test/cli.ts";
import { config } from "../../packages/hyperlane/test/core-config.ts";
import { type Site, siteOn } from "../../packages/hyperlane/test/site.ts";
import { type Measured, measure } from "./measured.ts";

type Setting = { chains: number; mining: NonNullable<ChainOptions["mining"]>; delayMs: number };

const FIRST_ID = 30_000;
const FROM = "chain10012";
const CLI = "`hyperlane core deploy`, one chain";

/** A minute is enough for ours; the CLI waits for each of its transactions. */
const PATIENCE_MS = 5 * 60_000;

const auto = { mining: "auto", delayMs: 0 } as const;
const settings: { name: string; setting: Omit<Setting, "chains"> }[] = [
  { name: "blocks at once", setting: auto },
  { name: "blocks at once, 30 ms to every node", setting: { ...auto, delayMs: 30 } },
  { name: "a block a second", setting: { mining: { everySeconds: 1 }, delayMs: 0 } },
  { name: "a block every 2 s", setting: { mining: { everySeconds: 2 }, delayMs: 0 } },
];

type Cost = Measured & { sent: number; gas: bigint; blocks: number };

/**
 * Core deployments from nothing, ours beside the official CLI's, and what they compute, as tables.
 */
export async function benchHyperlane(
  main: string,
  say: (line: string) => void,
): Promise<{ costs: string; computed: string }> {
  const rows: (string | number)[][] = [];
  const computed: (string | number)[][] = [];
  for (const { name, setting } of settings) {
    rows.push([`**${name}**`, "", "", "", "", ""]);
    say(`${name}: the CLI, one chain`);
    const cli = await theirs({ ...setting, chains: 1 });
    rows.push(row(CLI, cli));
    if (setting === auto) computed.push(computing(CLI, cli));
    for (const chains of [1, 8]) {
      say(`${name}: ours, ${chains}`);
      const { plan, apply } = await ours(main, { ...setting, chains });
      const what = chains === 1 ? "one chain" : `${chains} chains`;
      rows.push([`deploy-hyperlane-core, plan, ${what}`, seconds(plan.ms), "", "", "", mib(plan)]);
      rows.push(row(`deploy-hyperlane-core, apply, ${what}`, apply));
      if (setting === auto)
        computed.push(computing(`deploy-hyperlane-core, apply, ${what}`, apply));
    }
  }
  return {
    costs: table(["", "time", "transactions", "gas, a chain", "blocks", "memory"], rows),
    computed: table(["blocks at once", "processor time", "a transaction"], computed),
  };
}

function computing(name: string, { cpuMs, sent }: Cost): (string | number)[] {
  return [name, seconds(cpuMs), `${(cpuMs / sent).toFixed(1)} ms`];
}

function row(name: string, { sent, gas, blocks, ...cost }: Cost): (string | number)[] {
  return [name, seconds(cost.ms), sent, gas.toLocaleString("en"), blocks, mib(cost)];
}

async function theirs(setting: Setting): Promise<Cost> {
  await using folder = await temporaryFolder("bench");
  await using open = await openChains(setting);
  const [chain] = open.chains as [Chain];
  const site = await siteOn(chain);
  await using cli = await Cli.over(folder.path, [site, neighbour(site)]);
  const command = await cli.deploying(chain.name, config(site, FROM), site.signer.privateKey);
  const measured = await measure(command, PATIENCE_MS);
  return await costOf(measured, open.chains, site.signer.address as Address);
}

async function ours(main: string, setting: Setting): Promise<{ plan: Measured; apply: Cost }> {
  await using folder = await temporaryFolder("bench");
  await using open = await openChains(setting);
  await using aws = await startAws({
    ...{ backend: "fast", evaluate: false, dir: join(folder.path, "aws") },
  });
  const key = await aws.createKey();
  await aws.createBucket("bench");
  for (const chain of open.chains) await chain.setBalance(key.address, 10n ** 21n);
  await write(folder.path, open.chains, key.address as Address);
  const run = (inputs: Record<string, string>) =>
    measure(
      {
        command: process.execPath,
        args: [main],
        cwd: folder.path,
        env: { PATH: process.env.PATH ?? "", ...aws.environment(aws.admin), ...asInputs(inputs) },
      },
      PATIENCE_MS,
    );
  const common = {
    environment: "bench",
    "rpc-urls": open.chains.map(({ name, url }) => `${name}=${url}`).join("\n"),
  };
  const names = open.chains.map(({ name }) => name).join(",");
  const rules = { "instant-finality": names, chains: names };
  const plan = await run({ ...common, ...rules, mode: "plan", sender: key.address });
  const at = plan.output.lastIndexOf("plan-digest");
  const [digest = ""] = /sha256:[0-9a-f]{64}/.exec(plan.output.slice(at)) ?? [];
  const measured = await run({
    ...common,
    ...{ mode: "apply", "plan-digest": digest, region: aws.region },
    ...{ key: key.arn, state: "s3://bench/hyperlane" },
  });
  return { plan, apply: await costOf(measured, open.chains, key.address as Address) };
}

async function openChains({ chains: count, mining, delayMs }: Setting) {
  await using opening = new AsyncDisposableStack();
  const chains: Chain[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = FIRST_ID + index;
    chains.push(opening.use(await startChain({ id, name: `chain${id}`, mining })));
  }
  for (const { chaos } of chains) chaos.setDelay(delayMs);
  const resources = opening.move();
  return { chains, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** The chain that messages come from: its metadata is read, and nothing else of it. */
function neighbour(site: Site): Site {
  const entry = { ...site.chain.metadata(), name: FROM, chainId: 10012, domainId: 10012 };
  const chain = { ...site.chain, name: FROM, id: 10012, url: site.chain.url };
  return { ...site, chain: { ...chain, metadata: () => entry } as Chain, addresses: {} };
}

async function write(product: string, chains: Chain[], owner: Address): Promise<void> {
  const home = (name: string) => join(product, "registry/chains", name);
  const signer = { address: owner } as Site["signer"];
  await mkdir(join(product, "configs"), { recursive: true });
  for (const chain of chains) {
    await mkdir(home(chain.name), { recursive: true });
    await writeFile(join(home(chain.name), "metadata.yaml"), stringify(chain.metadata()));
    const wish = config({ chain, signer, addresses: {} }, FROM);
    await writeFile(join(product, `configs/${chain.name}.yaml`), stringify(wish));
  }
  const [first] = chains as [Chain];
  const entry = { ...first.metadata(), name: FROM, chainId: 10012, domainId: 10012 };
  await mkdir(home(FROM), { recursive: true });
  await writeFile(join(home(FROM), "metadata.yaml"), stringify(entry));
}

/** What it took of the chain that it took most of, by the blocks themselves. */
async function costOf(
  measured: Measured,
  chains: readonly Chain[],
  signer: Address,
): Promise<Cost> {
  const spans = await Promise.all(chains.map((chain) => spanOf(chain, signer)));
  return {
    ...measured,
    sent: spans.reduce((sum, one) => sum + one.sent, 0),
    gas: spans[0]?.gas ?? 0n,
    blocks: Math.max(...spans.map(({ blocks }) => blocks)),
  };
}

type Mined = { hash: string; from: string };

async function spanOf(chain: Chain, signer: Address) {
  const rpc = new Rpc([chain.directUrl]);
  let [sent, gas, first, last] = [0, 0n, 0, 0];
  for (let height = 1; height <= (await chain.height()); height += 1) {
    const tag = `0x${height.toString(16)}`;
    const block = await rpc.send<{ transactions: Mined[] }>("eth_getBlockByNumber", tag, true);
    const own = block.transactions.filter(({ from }) => from === signer.toLowerCase());
    for (const { hash } of own) {
      const receipt = await rpc.send<{ gasUsed: string }>("eth_getTransactionReceipt", hash);
      gas += BigInt(receipt.gasUsed);
      sent += 1;
      first ||= height;
      last = height;
    }
  }
  return { sent, gas, blocks: sent === 0 ? 0 : last - first + 1 };
}

function asInputs(inputs: Record<string, string>): Record<string, string> {
  const named = Object.entries(inputs).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ]);
  return Object.fromEntries(named);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function mib({ peakMiB }: { peakMiB: number }): string {
  return `${Math.round(peakMiB)} MiB`;
}
