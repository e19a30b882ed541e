import { byName, type Report, table } from "@playbook/action";
import { enduranceOf } from "@playbook/bft";
import { type LiveChain, type Look, nameOf } from "./chain.ts";
import type { Failure } from "./decide.ts";
import { failureOf } from "./failures.ts";
import { weightsOf } from "./members.ts";
import type { Entry } from "./pending.ts";
import type { Wanted } from "./wanted.ts";
import { duration, lastBlock } from "./way.ts";

/** What a change came to. */
export type Done = {
  look: Look;
  failure: Failure | null;
  /** What was changed, one a line. */
  log: readonly string[];
  entry: Entry;
};

/** A chain that ends sooner is told of, in milliseconds. */
const SOON_MS = 30 * 86_400_000;

export function reportOf(
  { look, failure, log, entry }: Done,
  chain: LiveChain,
  wanted: readonly Wanted[],
): Report {
  const named = (id: string) => nameOf(id, chain, wanted);
  const title = failure ? "The validators were not all changed" : "The validators are as wanted";
  const summary = [
    `## ${title}`,
    endText(look, chain, entry),
    log.map((line) => `1. ${line}`).join("\n"),
    memberTable(look, chain, wanted),
    enduranceText(chain),
  ];
  return {
    outputs: { ...outputsOf(look, chain, entry), outcome: failure?.code ?? "done" },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
    ...(failure && { failure: failureOf(failure, named) }),
  };
}

export function outputsOf({ seen }: Look, chain: LiveChain, entry: Entry | null) {
  const metadata = chain.metadata;
  return {
    validators: chain.members.map(({ pub_key }) => pub_key),
    height: seen.head,
    "last-block": lastBlock({ metadata, appended: entry?.epoch ?? null }).toString(),
  };
}

/** Who there is, and who there is to be. */
export function memberTable({ seen }: Look, chain: LiveChain, wanted: readonly Wanted[]): string {
  const target = new Map(wanted.map((one) => [one.pub_key as string, one]));
  const now = new Map(chain.members.map((one) => [one.pub_key as string, one]));
  const named = [...new Set([...now.keys(), ...target.keys()])].map((id) => ({
    ...{ id, name: nameOf(id, chain, wanted) },
  }));
  const rows = named
    .sort((one, other) => byName(one.name, other.name))
    .map(({ id, name }) => [
      name,
      `\`${id.slice(0, 12)}…\``,
      now.get(id)?.vote_weight ?? "",
      target.get(id)?.vote_weight ?? "",
      seen.nodes.get(id)?.height ?? "",
      seen.presences.get(id)?.state ?? "not here",
    ]);
  return table(["validator", "public key", "weight", "wanted", "block", "is"], rows);
}

export function enduranceText(chain: LiveChain): string {
  const { validators, quorum, atRest } = enduranceOf(weightsOf(chain.members));
  return `${validators} validators; ${quorum} votes commit a block. **${atRest}** may fail.`;
}

/** When the chain ends by itself, where that is soon. */
export function endText({ seen }: Look, chain: LiveChain, entry: Entry | null): string {
  const { metadata } = chain;
  const last = lastBlock({ metadata, appended: entry?.epoch ?? null });
  const ms = (Number(last) - seen.head) * Number(metadata.consensus_config.interval);
  if (ms > SOON_MS) return "";
  return `⚠️ **The chain ends with block ${last}, in ${duration(ms)}**, unless an epoch is appended.`;
}
