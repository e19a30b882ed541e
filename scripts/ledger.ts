// Keys and releases from a terminal, with the AWS default credentials: `playbook ledger status`
// reads; `adopt` and `abandon` show what they would do, and do it with `--mode apply`.
import { parseArgs } from "node:util";
import { ActionError, explain, parseInputs, variable } from "@playbook/action";
import { address, type Deployment } from "@playbook/evm";
import { z } from "zod";
import { schema as action } from "../actions/foundry-broadcast-with-kms/src/inputs.ts";
import { type Change, carryOut, showAbandoning, showAdoption } from "./ledger/change.ts";
import { status } from "./ledger/status.ts";

const USAGE = `playbook ledger [status]  where keys and releases stand
playbook ledger adopt     takes over a used key, and what forge has broadcast with it
playbook ledger abandon   gives a begun release up

  --state        where ledgers and plans are kept: s3://bucket/prefix, or a folder
  --region       the bucket's region, and the key's; AWS_REGION without it
  --release      owner/name,environment,release: only what concerns it
  --signer       only the ledgers of this account; the key's address for \`adopt\`
  --rpc-urls     name=url: compares with the chain; as often as there are chains
  --chains-file  names and URLs of chains, in the Hyperlane registry's format
  --json         \`status\` for programs

  --mode         \`adopt\`, \`abandon\`: plan, which shows it, or apply, which does it
  --key --role   the KMS key, and the role to use it with; for --mode apply
  --chains       \`adopt\`: names of the chains to look at
  --broadcast    \`adopt\`: forge's broadcast folder
  --budget       \`abandon\`: name=amount, as for the release`;

const options = {
  state: { type: "string" },
  region: { type: "string" },
  release: { type: "string" },
  signer: { type: "string" },
  "rpc-urls": { type: "string", multiple: true },
  "chains-file": { type: "string" },
  json: { type: "boolean" },
  mode: { type: "string" },
  key: { type: "string" },
  role: { type: "string" },
  chains: { type: "string", multiple: true },
  broadcast: { type: "string" },
  budget: { type: "string", multiple: true },
  help: { type: "boolean" },
} as const;

const release = z
  .string()
  .regex(/^[^,]+\/[^,]+,[^,]+,[^,]+$/, "must be owner/name,environment,release.")
  .transform((text): Deployment => {
    const [repository = "", environment = "", name = ""] = text.split(",");
    return { repository, environment, release: name };
  });

const common = {
  state: z.string(),
  region: z.string().default(process.env.AWS_REGION ?? "us-east-1"),
  signer: address.optional(),
  mode: z.enum(["plan", "apply"], { error: "must be plan or apply." }).default("plan"),
  "rpc-urls": action.shape["rpc-urls"],
  "chains-file": z.string().optional(),
};

const reading = z.object({ ...common, release: release.optional() });
const changing = z.object({ ...common, release });

/** Options as the action's inputs come: several of one name are lines of one. */
function given(values: Record<string, unknown>): Record<string, string> {
  const texts = Object.entries(values).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join("\n") : String(value),
  ]);
  return Object.fromEntries(texts);
}

function parsed<Shape extends z.ZodRawShape>(
  shape: z.ZodObject<Shape>,
  all: Record<string, string>,
) {
  const known = Object.entries(all).filter(([name]) => name in shape.shape);
  return parseInputs(shape)(
    Object.fromEntries(known.map(([name, value]) => [variable(name), value])),
  );
}

async function change(verb: "adopt" | "abandon", all: Record<string, string>): Promise<string> {
  const { release: deployment, state, region, signer, mode } = parsed(changing, all);
  const { release: _, signer: __, mode: ___, json: ____, ...inputs } = all;
  const asked: Change = { deployment, state, region, inputs };
  if (mode === "apply") {
    await carryOut(asked, verb);
    return "";
  }
  if (verb === "abandon") return showAbandoning(asked);
  if (signer) return showAdoption(asked, signer);
  throw wrong("--signer is missing: without --mode apply, the key itself is not asked.");
}

function wrong(what: string): ActionError {
  const why = "Nothing was done: all options are read before anything starts.";
  return new ActionError("bad-input", { what, why, next: "Correct it; below is what there is." });
}

async function main(): Promise<string> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [verb = "status", ...more] = positionals;
  if (values.help) return USAGE;
  if (more.length > 0) throw wrong(`"${more[0]}" is no option: write --name value.`);
  const all = given(values);
  if (verb === "adopt" || verb === "abandon") return change(verb, all);
  if (verb !== "status") throw wrong(`There is no "ledger ${verb}".`);
  return status({ ...parsed(reading, all), json: values.json ?? false });
}

try {
  process.stdout.write(`${await main()}\n`);
} catch (error) {
  process.stderr.write(`error: ${explain(error)}\n\n${USAGE}\n`);
  process.exitCode = 1;
}
