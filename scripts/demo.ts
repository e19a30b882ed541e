// Releases the product test/products/nexus to three chains in the embedded world, loses the machine
// on purpose in the middle, and lets the next run finish: `npm run demo`.
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogLine, Run } from "@playbook/world";
import { sentBy } from "../test/e2e/judge.ts";
import { NEXUS_CHAINS, openStage } from "../test/e2e/stage.ts";

const RELEASE = "v1.0.0";
const FOLDER = join(tmpdir(), "playbook-demo");

type Stage = Awaited<ReturnType<typeof open>>;

const open = () => openStage({ product: "nexus", chains: NEXUS_CHAINS });

const plain = !process.stdout.isTTY || process.env.NO_COLOR !== undefined;
const paint = (code: number) => (text: string) =>
  plain ? text : `\u001b[${code}m${text}\u001b[0m`;
const [bold, dim, green, red] = [paint(1), paint(2), paint(32), paint(31)];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function heading(text: string): void {
  say(`\n${bold(`▌ ${text}`)}`);
}

/** Lines of the artifact client, which says the same in each run. */
const CHATTER = /[Aa]rtifact|blob|Redirecting|Root directory|Uploaded bytes/;

/** A line of the log; of a warning or an error its first line, which says what it is. */
function show({ job, text }: LogLine): void {
  if (text.trim() === "" || CHATTER.test(text)) return;
  const [first = ""] = text.replace(/^##\[(warning|error)\]/, "").split("\n");
  say(`  ${dim(job)}  ${first}`);
}

async function main(): Promise<void> {
  heading("Starting the world: three chains, an AWS account, GitHub with a runner");
  say(dim("  The first time, tools and packages are fetched and contracts compiled: minutes."));
  await using stage = await open();
  for (const { name, id, url } of stage.world.chains)
    say(`  ${name.padEnd(6)} chain ${id} at ${url}`);
  say(`  key    ${stage.account.key}, in KMS; its account is ${stage.account.signer}`);
  say(`  role   ${stage.account.role}, for ${stage.repository}'s environment production only`);

  heading(`Releasing ${RELEASE}: the product's workflow calls release-contracts.yml@v1`);
  await lost(stage);
  heading(`The same release again: it goes on from the ledger in ${stage.account.state}`);
  const summary = await finished(stage);

  heading("What the blocks say");
  await judge(stage);
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, "summary.md"), summary);
  say(`\nThe job's summary is ${join(FOLDER, "summary.md")}. Nothing else is left behind.`);
}

/** Starts the release and takes its machine away once transactions are on their way. */
async function lost(stage: Stage): Promise<void> {
  let machine: Run | undefined;
  let gone = false;
  const onLine = (line: LogLine) => {
    if (gone) return;
    show(line);
    if (!/: sending/.test(line.text) || !machine) return;
    gone = true;
    void machine.kill();
  };
  machine = await stage.start("release.yml", { release: RELEASE }, { onLine });
  const { conclusion } = await machine.finished;
  if (conclusion !== "lost") throw new Error(`The first run ended with ${conclusion}.`);
  say(red("  SIGKILL to every process of the run, with transactions on their way."));
}

async function finished(stage: Stage): Promise<string> {
  const run = await stage.start("release.yml", { release: RELEASE }, { onLine: show });
  const result = await run.finished;
  const apply = result.job("contracts / Apply");
  if (result.conclusion !== "success") throw new Error(`The run ended: ${result.conclusion}.`);

  const addresses = JSON.parse(apply.outputs.addresses ?? "{}") as Record<string, object>;
  for (const [chain, contracts] of Object.entries(addresses)) {
    for (const [name, address] of Object.entries(contracts)) {
      say(`  ${chain.padEnd(6)} ${String(address)} ${name}`);
    }
  }
  return apply.steps.map(({ summary }) => summary).join("\n");
}

async function judge({ world, account }: Stage): Promise<void> {
  for (const chain of world.chains) {
    const sent = await sentBy(chain, account.signer);
    const once = sent.every(({ nonce, succeeded }, index) => nonce === index && succeeded);
    if (!once) throw new Error(`${chain.name} has a transaction twice, or a failed one.`);
    say(green(`  ✓ ${chain.name}: ${sent.length} transactions, each once, all succeeded`));
  }
}

const started = Date.now();
await main();
say(dim(`${((Date.now() - started) / 1000).toFixed(0)} s in all`));
process.exit(0);
