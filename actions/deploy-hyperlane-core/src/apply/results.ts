import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Address, address } from "@playbook/evm";
import {
  type AgentChain,
  addressesText,
  agentConfig,
  RELEASE_FILE,
  safeBatches,
} from "@playbook/hyperlane";
import { stringify } from "yaml";
import { z } from "zod";
import type { CoreDocument, Entry } from "../document.ts";
import type { Outcome } from "./chain.ts";

/**
 * Writes what others read: the registry, the agents' configuration, and a batch for each Safe that
 * owns something that is to change.
 */
export async function writeResults(
  folder: string,
  outcomes: readonly Pick<Outcome, "entry" | "toSign">[],
  { createdAt, agents }: CoreDocument,
): Promise<void> {
  const entries = outcomes.map(({ entry }) => entry);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const entry of entries) await writeChain(join(folder, "registry"), entry);
  await writeConfigs(join(folder, "configs"), entries);
  await writeFile(
    join(folder, "agent-config.json"),
    `${JSON.stringify(agentsOf(entries, agents), null, 2)}\n`,
  );
  for (const entry of entries) await writeBatches(join(folder, "safe"), entry, createdAt);
  const toSign = outcomes.flatMap(({ entry: { name }, toSign }) =>
    toSign.map((one) => ({ chain: name, ...one })),
  );
  if (toSign.length === 0) return;
  await writeFile(join(folder, "safe/hashes.json"), `${JSON.stringify(toSign, null, 2)}\n`);
}

async function writeChain(registry: string, entry: Entry): Promise<void> {
  const { name, metadata } = entry;
  const place = join(registry, "chains", name);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "metadata.yaml"), stringify(metadata));
  await writeFile(join(place, "addresses.yaml"), addressesText(addressesOf(entry)));
}

/** Whatever else the registry lists stays as it is there. */
const addressesOf = ({ known, addresses }: Entry) => ({ ...known, ...addresses });

/** What chains are held against by whoever checks them, and which of them wait for an owner. */
async function writeConfigs(folder: string, entries: readonly Entry[]): Promise<void> {
  const there = entries.filter(({ since }) => since !== null);
  if (there.length === 0) return;
  await mkdir(folder, { recursive: true });
  for (const { name, config } of there) await writeFile(join(folder, `${name}.yaml`), config);
  const domains = Object.assign({}, ...there.map((one) => one.domains));
  const waiting = there
    .filter(({ proposals, scheduled }) => proposals.length + scheduled.length > 0)
    .map(({ name }) => name);
  await writeFile(join(folder, RELEASE_FILE), `${JSON.stringify({ domains, waiting }, null, 2)}\n`);
}

/**
 * Agents can do nothing with a chain that has no mailbox yet. What this run has not come to stays
 * as they know it.
 */
export function agentsOf(entries: readonly Entry[], former: CoreDocument["agents"]) {
  const chains = entries.flatMap((entry): AgentChain[] => {
    const { name, metadata, since } = entry;
    if (since === null) return [];
    const addresses = addressesOf(entry);
    const first = Math.min(since, begunBefore(former[name], addresses.mailbox) ?? since);
    return [{ metadata: { ...metadata, name }, addresses, since: first }];
  });
  const all = { ...former, ...agentConfig(chains).chains };
  const byName = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  return { chains: Object.fromEntries(byName) };
}

const before = z.object({ mailbox: address, index: z.object({ from: z.number() }) });

/** Where agents have begun with this mailbox until now. */
function begunBefore(former: unknown, mailbox: Address | undefined): number | undefined {
  const { data } = before.safeParse(former);
  return data?.mailbox === mailbox ? data?.index.from : undefined;
}

async function writeBatches(
  folder: string,
  { name, chainId, proposals }: Entry,
  createdAt: number,
): Promise<void> {
  if (proposals.length === 0) return;
  await mkdir(folder, { recursive: true });
  const about = { chainId, name: `Hyperlane core on ${name}`, createdAt };
  for (const batch of safeBatches(proposals, about)) {
    const file = `${name}-${batch.meta.createdFromSafeAddress}.json`;
    await writeFile(join(folder, file), `${JSON.stringify(batch, null, 2)}\n`);
  }
}
