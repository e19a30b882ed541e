// Shows where keys and deployments stand: `playbook ledger --state s3://bucket/prefix --region …`, from
// a terminal with the AWS default credentials. It reads, and changes nothing.
import { parseArgs } from "node:util";
import { type Context, explain, parseInputs, realClock } from "@playbook/action";
import { openSession, readS3Store } from "@playbook/aws";
import { address, DeploymentRecord, drawLedger, everyLedger, Ledger } from "@playbook/evm";
import { folderStore, type Store } from "@playbook/state";
import { z } from "zod";

const USAGE = `playbook ledger --state s3://bucket/prefix|folder [--region R] [--signer 0x…] [--release owner/name,environment,release]

  --state    where ledgers and plans are kept, as the action's input
  --region   the bucket's region; AWS_REGION without it
  --signer   only the ledgers of this account
  --release  also where this deployment stands`;

const options = {
  state: { type: "string" },
  region: { type: "string" },
  signer: { type: "string" },
  release: { type: "string" },
  help: { type: "boolean" },
} as const;

const schema = z.object({
  state: z.string(),
  region: z.string().default(process.env.AWS_REGION ?? "us-east-1"),
  signer: address.optional(),
  release: z
    .string()
    .regex(/^[^,]+\/[^,]+,[^,]+,[^,]+$/, "must be owner/name,environment,release.")
    .optional(),
});

const context: Context = {
  clock: realClock,
  signal: new AbortController().signal,
  progress: () => {},
  warn: (line) => process.stderr.write(`${line}\n`),
  mask: () => {},
};

/** The store for reading: nobody's writes are tried, so a role that only reads is enough. */
async function open(state: string, region: string): Promise<Store> {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.+?)\/?$/.exec(state) ?? [];
  if (!bucket || !prefix) return folderStore(state);
  const session = await openSession({ region, policy: {}, name: "playbook-ledger", context });
  return readOnly(readS3Store({ session, bucket, prefix, context }));
}

/** Records and ledgers take a whole store; this one refuses to be written to. */
function readOnly(store: ReturnType<typeof readS3Store>): Store {
  return {
    location: store.location,
    read: (key) => store.read(key),
    list: (prefix, after) => store.list(prefix, after),
    create: () => Promise.reject(new Error("This command only reads.")),
  };
}

async function showDeployment(store: Store, release: string): Promise<void> {
  const [repository = "", environment = "", name = ""] = release.split(",");
  const record = new DeploymentRecord(store, { repository, environment, release: name }, "reader");
  const state = await record.read();
  if (state.stage === "new") return print(`${release}: nothing is stored of it\n`);

  const plan = await record.plan(state.plan);
  print(`${release}: ${state.stage}, plan ${state.plan}`);
  for (const chain of plan.chains) {
    const done = state.done.get(chain.name);
    print(`  ${chain.name.padEnd(12)} ${done ? done.outcome : "not done"}`);
  }
  print("");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) return print(USAGE);

  const { help: _, ...given } = values;
  const env = Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const { state, region, signer, release } = parseInputs(schema)(Object.fromEntries(env));
  const store = await open(state, region);
  if (release) await showDeployment(store, release);

  const ledgers = await everyLedger(store, signer);
  if (ledgers.length === 0) print(`There is no ledger at ${store.location}.`);
  for (const key of ledgers) {
    const found = await new Ledger(store, key, "reader").read();
    if (found) print(`${drawLedger(found)}\n`);
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`error: ${explain(error)}\n\n${USAGE}\n`);
  process.exitCode = 1;
}
