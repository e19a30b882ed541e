import { readFile } from "node:fs/promises";
import { reason } from "@playbook/action";
import {
  type Address,
  type Chain,
  type Deployment,
  DeploymentRecord,
  deploymentName,
  drawLedger,
  Endpoint,
  everyLedger,
  getBlob,
  Ledger,
  type LedgerKey,
  type LedgerState,
  type Plan,
  Rpc,
  readChains,
  readPlan,
  type Shown,
  type Standing,
  standingOf,
} from "@playbook/evm";
import type { Digest, Store } from "@playbook/state";
import { type Next, nextOf } from "./command.ts";
import { context, openForReading } from "./place.ts";

export type StatusInputs = {
  state: string;
  region: string;
  signer?: Address | undefined;
  release?: Deployment | undefined;
  chainsFile?: string | undefined;
  rpcUrls: { name: string; value: string }[];
  json: boolean;
};

const COLUMNS = 80;
const INDENT = 12;

type Known = {
  standing: Standing;
  /** By its name, when that is known. */
  chain: string;
  wrote: Ledger["newest"];
  /** Why the chain could not be asked. */
  silence: string | null;
  next: Next;
};

/** Draws where keys and releases stand, or prints it as JSON. Reads, and changes nothing. */
export async function status(inputs: StatusInputs): Promise<string> {
  const store = await openForReading(inputs.state, inputs.region);
  const chains = await chainsOf(inputs.chainsFile);
  const keys = await everyLedger(store, inputs.signer);
  const looking = keys.map((key) => look(inputs, store, chains, key));
  const ledgers = (await Promise.all(looking)).flatMap((one) => one ?? []);
  const releases = await releasesOf(store, inputs.release, ledgers);

  if (inputs.json) return JSON.stringify({ ledgers: ledgers.map(plain), releases }, null, 2);
  const none = ledgers.length === 0 ? [`There is no ledger at ${store.location}.`] : [];
  return [...none, ...releases.map(drawRelease), ...ledgers.map(draw)].join("\n\n");
}

async function chainsOf(path: string | undefined): Promise<Chain[]> {
  return path ? readChains(await readFile(path, "utf8"), path) : [];
}

async function look(
  inputs: StatusInputs,
  store: Store,
  chains: Chain[],
  key: LedgerKey,
): Promise<Known | undefined> {
  const ledger = new Ledger(store, key, "reader");
  const state = await ledger.read();
  if (!state || !concerns(state, inputs.release)) return undefined;
  const plan = state.open ? await planOf(store, state.open.plan) : undefined;
  const known = chains.find(({ chainId }) => chainId === key.chainId);
  const planned = plan?.chains.find(({ chainId }) => chainId === key.chainId);
  const chain = known?.name ?? planned?.name ?? String(key.chainId);
  const names = [chain, String(key.chainId)];
  const given = inputs.rpcUrls.filter(({ name }) => names.includes(name));
  const urls = given.map(({ value }) => value);
  const shown = await ask(
    key,
    urls.length > 0 ? urls : (known?.rpcUrls ?? []).map(({ http }) => http),
  );
  const standing = standingOf(state, typeof shown === "string" ? null : shown);
  return {
    standing,
    chain,
    wrote: ledger.newest,
    silence: typeof shown === "string" ? shown : null,
    next: nextOf(standing, plan?.deployment, chain, inputs),
  };
}

/** Whether a ledger is at work for a release, or was so last. */
function concerns({ open, last }: LedgerState, release: Deployment | undefined): boolean {
  const name = release && deploymentName(release);
  const own = [open?.deployment, last?.deployment].flatMap((one) => one ?? []);
  return !name || own.some((one) => one === name || one.startsWith(`${name}, part `));
}

async function planOf(store: Store, digest: string): Promise<Plan | undefined> {
  const bytes = await getBlob(store, digest as Digest);
  return bytes && readPlan(Buffer.from(bytes).toString());
}

/** What the chain shows of a key; words for why it shows nothing, null when it was not asked. */
async function ask(
  { genesis, chainId, signer }: LedgerKey,
  urls: string[],
): Promise<Shown | string | null> {
  if (urls.length === 0) return null;
  try {
    const endpoint = new Endpoint(new Rpc(urls, context));
    const found = await endpoint.identity();
    if (found.chainId !== chainId || found.genesis !== genesis) return "its URL is another chain's";
    const [latest, pending] = await Promise.all([
      endpoint.nonce(signer, "latest"),
      endpoint.nonce(signer, "pending"),
    ]);
    return { latest, pending };
  } catch (error) {
    return reason(error);
  }
}

type Release = { name: string; stage: string; chains: Record<string, string> };

/** The release that was asked for, and those whose plans are open. */
async function releasesOf(
  store: Store,
  wanted: Deployment | undefined,
  ledgers: Known[],
): Promise<Release[]> {
  const digests = new Set(ledgers.flatMap(({ standing }) => standing.open?.plan ?? []));
  const plans = await Promise.all([...digests].map((digest) => planOf(store, digest)));
  const open = plans.flatMap((plan) => plan?.deployment ?? []);
  const all = new Map(
    [...(wanted ? [wanted] : []), ...open].map((one) => [deploymentName(one), one]),
  );
  return Promise.all([...all.values()].map((deployment) => readRelease(store, deployment)));
}

async function readRelease(store: Store, deployment: Deployment): Promise<Release> {
  const record = new DeploymentRecord(store, deployment, "reader");
  const state = await record.read();
  const name = deploymentName(deployment);
  const attempt = state.stage === "new" ? state.abandoned : state;
  if (!attempt) return { name, stage: "nothing is stored of it, or it failed", chains: {} };
  const plan = await record.plan(attempt.plan);
  const ends = plan.chains.map((chain) => {
    return [chain.name, attempt.done.get(chain.name)?.outcome ?? "not done"] as const;
  });
  const isLeaving = state.stage === "unfinished" && state.abandoning;
  const stage = state.stage === "new" ? "given up" : isLeaving ? "being given up" : state.stage;
  return { name, stage, chains: Object.fromEntries(ends) };
}

function drawRelease({ name, stage, chains }: Release): string {
  const rows = Object.entries(chains).map(([chain, end]) => `  ${chain.padEnd(16)}  ${end}`);
  return [`${name}: ${stage}`, ...rows].join("\n");
}

function draw({ standing, chain, wrote, silence, next }: Known): string {
  const id = String(standing.chainId);
  const lines = [drawLedger(standing, chain === id ? `chain ${id}` : `${chain} (chain ${id})`)];
  if (silence) lines.push(`  on chain  not known: ${silence}`);
  if (wrote) lines.push(`  wrote     entry ${wrote.index}, ${wrote.kind}: ${wrote.writer}`);
  lines.push(`  next      ${wrapped(next.say).join(`\n${" ".repeat(INDENT)}`)}`);
  if (next.command) lines.push(`  ${next.command}`);
  return lines.join("\n");
}

/** A text in lines that fit beside the names of the rows. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last === undefined || longer.length > COLUMNS - INDENT) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** The same for a program: one object a ledger. */
function plain({ standing, ...rest }: Known) {
  const { wrote, ...others } = rest;
  const { index, kind, writer } = wrote ?? {};
  return { ...standing, ...others, wrote: wrote ? { index, kind, writer } : null };
}
