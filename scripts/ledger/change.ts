import { parseInputs, start, variable } from "@playbook/action";
import type { Address, Deployment } from "@playbook/evm";
import { adoptAs } from "../../actions/foundry-broadcast-with-kms/src/adopt/adopt.ts";
import { schema } from "../../actions/foundry-broadcast-with-kms/src/inputs.ts";
import { run } from "../../actions/foundry-broadcast-with-kms/src/run.ts";
import { context, openForReading } from "./place.ts";
import { status } from "./status.ts";

/** What is the same for both commands; every other option is an input of the action. */
export type Change = {
  deployment: Deployment;
  state: string;
  region: string;
  /** The action's inputs by their names. */
  inputs: Record<string, string | undefined>;
};

/** Shows what adopting would come to, with nothing but the key's address. */
export async function showAdoption(change: Change, signer: Address): Promise<string> {
  const store = await openForReading(change.state, change.region);
  const { broadcast, chains, chainsFile, rpcUrls } = parse(change, "adopt");
  const asked = { broadcast, chains, chainsFile, rpcUrls, deployment: change.deployment };
  const { summary } = await adoptAs({ signer, store }, asked, { writes: false }, context);
  return summary ?? "";
}

/** Shows what there is to give up. */
export async function showAbandoning(change: Change): Promise<string> {
  const { deployment: release, state, region } = change;
  const { rpcUrls } = parse(change, "abandon");
  const said = await status({ state, region, release, rpcUrls, json: false });
  return `${said}\n\nNothing is changed: add --mode apply to give it up.`;
}

/** Does it, as the action would in a job. */
export function carryOut(change: Change, mode: "adopt" | "abandon"): Promise<void> {
  const { repository } = change.deployment;
  return start(run, () => ({ ...parse(change, mode), repository, commit: null }));
}

function parse({ deployment, state, region, inputs }: Change, mode: string) {
  const { environment, release } = deployment;
  const all = { ...inputs, mode, environment, release, state, region };
  return parseInputs(schema)(env(all));
}

function env(inputs: Record<string, string | undefined>): Record<string, string> {
  const given = Object.entries(inputs).flatMap(([name, value]) =>
    value === undefined ? [] : [[variable(name), value]],
  );
  return Object.fromEntries(given);
}
