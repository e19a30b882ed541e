import { ActionError, type Context } from "@playbook/action";
import { connectionTo, type Quorums, type RpcUrl, reachChain } from "@playbook/broadcast";
import { type Address, type Chain, connect, type PlannedChain, type Wire } from "@playbook/evm";
import {
  type Domains,
  desiredOn,
  foreignHooks,
  type Listed,
  type MailboxState,
  misplaced,
  observe,
  planChain,
  readMailbox,
  readRegistry,
  readSources,
  type Source,
  treeAmong,
} from "@playbook/hyperlane";
import type { Finding } from "./finding.ts";
import { isLost } from "./lost.ts";
import { OTHER_CODE } from "./unjudged.ts";

/** A chain that answers, with what its mailbox does. */
export type Station = {
  name: string;
  domain: number;
  planned: PlannedChain;
  rpc: Wire;
  mailbox: Address;
  validatorAnnounce: Address;
  testRecipient: Address | undefined;
  merkleTreeHook: Address | undefined;
  reorgPeriod: number | string;
  /** How long a message waits for that until validators may sign it, in milliseconds. */
  settling: number;
  state: MailboxState;
  /** The kind of chain that it is, as its entry has it. */
  stack: string | undefined;
  /** Whether it has a core config. */
  isConfigured: boolean;
  /** What differs from its core config; nothing where it has none. */
  changes: { subject: string; from: string; to: string }[];
  /** Whether it will differ until whoever owns something there has changed it. */
  isWaiting: boolean;
};

export type Places = {
  registry: string;
  configs?: string | undefined;
  chains: string[];
  rpcUrls: RpcUrl[];
  quorum: Quorums;
};

/** Nothing is sent by whoever looks. */
const NOBODY = "0x0000000000000000000000000000000000000000" as Address;

const AWAY = ["rpc-unreachable", "wrong-chain"];

/** All chains that answer, and what is wrong with the others. */
export async function openStations(
  places: Places,
  context: Context,
): Promise<{ stations: Station[]; findings: Finding[] }> {
  const { listed, ...known } = await read(places);
  const { rpcUrls, quorum } = places;
  const seen = await Promise.all(
    listed.map((one) => look(one, { ...known, rpcUrls, quorum }, context)),
  );
  const stations = seen.flatMap((one) => ("rule" in one ? [] : [one]));
  return { stations, findings: seen.flatMap((one) => ("rule" in one ? [one] : [])) };
}

/** Entries that have a mailbox, are to have one, or were asked for; with their configs. */
async function read({ configs, ...places }: Places) {
  const { listed, domains } = await readRegistry(places);
  const sources = configs === undefined ? undefined : await readSources({ ...places, configs });
  const configured = new Map(sources?.all.map((one) => [one.chain.name, one]));
  const isWanted = ({ known, chain: { name } }: Listed) =>
    known.mailbox !== undefined || places.chains.includes(name) || configured.has(name);
  return {
    listed: listed.filter(isWanted).map((one) => configured.get(one.chain.name) ?? one),
    domains: sources?.domains ?? domains,
    waiting: sources?.waiting ?? [],
  };
}

type Known = Pick<Places, "rpcUrls" | "quorum"> & { domains: Domains; waiting: string[] };

async function look(
  listed: Listed | Source,
  { domains, waiting, rpcUrls, quorum }: Known,
  context: Context,
): Promise<Station | Finding> {
  const { chain, known } = listed;
  const { mailbox, validatorAnnounce } = known;
  const { name } = chain;
  if (!mailbox || !validatorAnnounce) {
    const why = "The registry has no mailbox or no validatorAnnounce of it.";
    return { rule: "no-mailbox", chain: name, about: name, why };
  }
  const given = rpcUrls.filter((one) => one.name === name).map(({ value }) => value);
  const urls = given.length > 0 ? given : chain.rpcUrls.map(({ http }) => http);
  try {
    const wire = connect(urls, connectionTo(name, { quorum, context }));
    const { planned, rpc } = await reachChain(chain, urls, NOBODY, context, wire);
    const domain = chain.domainId ?? chain.chainId;
    const wrong = await misplaced(rpc, domain, known);
    if (wrong) return { rule: "wrong-address", chain: name, about: wrong.name, why: wrong.why };
    const state = await readMailbox(rpc, mailbox);
    return {
      ...{ name, domain, planned, rpc, mailbox },
      ...{ validatorAnnounce, testRecipient: known.testRecipient, state },
      stack: chain.technicalStack,
      isConfigured: "config" in listed,
      merkleTreeHook: treeOf(state.hooks, known.merkleTreeHook),
      reorgPeriod: chain.blocks.reorgPeriod ?? 1,
      settling: settlingOf(chain.blocks),
      changes:
        "config" in listed && chain.technicalStack !== OTHER_CODE
          ? await changesOf(listed, domains, rpc)
          : [],
      isWaiting: waiting.includes(name),
    };
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof ActionError && error.code === "wrong-contract") {
      return { rule: "wrong-address", chain: name, about: name, why: `${error.what} ${error.why}` };
    }
    const why = whyAway(error);
    if (why === undefined) throw error;
    return { rule: "chain-away", chain: name, about: name, why };
  }
}

/**
 * The tree that messages come into; the registry's own, which serves this mailbox, where a hook is
 * not known by its code.
 */
function treeOf(hooks: MailboxState["hooks"], listed: Address | undefined): Address | undefined {
  return treeAmong(hooks) ?? (foreignHooks(hooks).length > 0 ? listed : undefined);
}

/** Until a block is final: two epochs of Ethereum, and as much of a third as they may be late. */
const FINALITY_MS = 20 * 60_000;

/** Of a chain that does not say it: no chain of ours has a longer one. */
const BLOCK_SECONDS = 12;

/** How long a chain's reorgPeriod takes, as far as its entry tells; no more than finality. */
export function settlingOf({
  reorgPeriod = 1,
  estimateBlockTime = BLOCK_SECONDS,
}: Chain["blocks"]): number {
  if (typeof reorgPeriod === "string") return FINALITY_MS;
  return Math.min(FINALITY_MS, reorgPeriod * estimateBlockTime * 1_000);
}

/** Why a chain cannot be looked at; undefined for what is no fault of its own. */
function whyAway(error: unknown): string | undefined {
  if (error instanceof ActionError) return AWAY.includes(error.code) ? error.why : undefined;
  return isLost(error) ? error.message : undefined;
}

/** What differs from its config and no plan can bring back. */
const FIXED = [
  "belongs-to-nobody",
  "no-contract",
  "no-token",
  "other-proxy-admin",
  "other-router",
  "other-timelock",
  "other-version",
];

async function changesOf({ chain, config, known }: Source, domains: Domains, rpc: Wire) {
  const desired = desiredOn(chain.name, config, domains);
  try {
    const observed = await observe(rpc, { desired, signer: desired.owner, known });
    return planChain(desired, observed, desired.owner).changes;
  } catch (error) {
    if (!(error instanceof ActionError && FIXED.includes(error.code))) throw error;
    return [{ subject: error.what, from: `otherwise (${error.why})`, to: "as the config has it" }];
  }
}
