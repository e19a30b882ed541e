import type { ActionError } from "@playbook/action";
import type { Address } from "@playbook/evm";
import { foresee, type KnownChain, type Refusal } from "@playbook/hyperlane";
import { error, errorsFirst, type Finding, warning } from "@playbook/release";
import { formatUnits } from "ethers";
import { ofBeginnings, ofChains, ofUnknown } from "./chain-findings.ts";
import type { Entry } from "./entry.ts";
import type { FundingSight } from "./funding/sight.ts";
import { totalOf } from "./funding/transfers.ts";
import { type Funds, neededBy } from "./funds.ts";
import { ofSecrets, type SecretSight } from "./secret-findings.ts";
import { absenceOf, type Sight, viewOf } from "./sight.ts";

/** What is known of an agent's key. */
export type KeySight = { address: Address } | { trouble: ActionError } | { unseen: string };

/** All that a plan is judged by. */
export type Evidence = {
  sight: Sight;
  keys: ReadonlyMap<string, KeySight>;
  secrets: ReadonlyMap<string, SecretSight>;
  funds: readonly Funds[];
  /** What is to be paid; null when it is none of this run's business. */
  funding: FundingSight | null;
  refusals: readonly Refusal[];
  /** By the name of a validator, the tree of the newest checkpoint in its bucket. */
  trees: ReadonlyMap<string, Address>;
  chains: readonly KnownChain[];
};

/** What is in the way, and what a person should know; what is in the way comes first. */
export function judge(evidence: Evidence): Finding[] {
  const { sight, refusals } = evidence;
  return [
    ...sight.agents.flatMap(({ entry, bucket }) => ofBucket(entry, bucket)),
    ...sight.flagged.map(ofStranger),
    ...sight.agents.flatMap(ofAnnouncement),
    ...sight.agents.flatMap(({ entry }) => ofTree(entry, evidence)),
    ...sight.agents.flatMap(({ entry }) => ofKey(entry, evidence.keys.get(entry.name))),
    ...ofSecrets(sight, evidence.secrets),
    ...evidence.funds.flatMap((one) => ofFunds(one, evidence)),
    ...ofFunding(evidence),
    ...refusals.map(ofPolicy),
    ...sight.agents.flatMap(ofAbsence),
    ...ofChains(sight),
    ...ofUnknown(sight),
    ...ofBeginnings(sight, evidence.chains),
    ...ofRollout(sight),
  ].sort(errorsFirst);
}

type Bucket = Sight["agents"][number]["bucket"];

function ofBucket({ name, wanted, work }: Entry, bucket: Bucket): Finding[] {
  if (!bucket) return [];
  const flag = bucket.isFlagged ? [flagged(name, work === "retire")] : [];
  const flaw = wanted && BUCKET[bucket.access];
  return flaw ? [...flag, error(flaw.code, name, flaw.why, flaw.next)] : flag;
}

function flagged(name: string, isDecided: boolean): Finding {
  const tell = isDecided ? warning : error;
  return tell(
    "reorg-flag",
    name,
    "Its bucket has a reorg_flag.json: its chain was reorganised below what it has signed.",
    isDecided
      ? "It is listed no more, and retires. The flag stays: nobody is to sign in that bucket again."
      : "Find out what happened, and never clear the flag to have the validator back: nothing is " +
          "changed until a person has decided. The README says how another takes its place.",
  );
}

/** Somebody else's, which an ISM counts on. */
function ofStranger(address: Address): Finding {
  const why =
    "It is none of the list, an ISM counts on it, and its bucket has a reorg_flag.json: relayers " +
    "deliver nothing that this ISM judges.";
  const next =
    "Find out what happened. When a person has decided, take " +
    "it out of the ISM by the core configs.";
  return error("reorg-flag", address, why, next);
}

/** A validator finds its bucket among what it has announced, and announces it no more. */
function ofAnnouncement({ entry, signing }: Sight["agents"][number]): Finding[] {
  if (!entry.wanted || !signing?.elsewhere) return [];
  const why =
    `Relayers look at ${signing.elsewhere}, which it has announced after its bucket: what it ` +
    "signs there is read by nobody, and a place is announced once.";
  const next =
    "Give it that place, or one that it has not announced yet: " +
    "another bucket, or another `folder` of it.";
  return [error("announced-elsewhere", entry.name, why, next)];
}

/** What was signed of another tree is in the way of what is to be signed. */
function ofTree({ name, group }: Entry, { trees, chains }: Evidence): Finding[] {
  const signed = trees.get(name);
  const tree = chains.find((one) => one.name === group)?.merkleTreeHook;
  if (signed === undefined || signed === tree) return [];
  const why = `Its bucket has signatures of the tree ${signed}; ${group} has the tree ${tree}.`;
  const next =
    "Where the chain's contracts were deployed anew, give it another bucket, or another `folder` " +
    "of it, in the list of agents; else correct agent-config.json.";
  return [error("other-tree", name, why, next)];
}

const BUCKET = {
  open: undefined,
  missing: {
    code: "bucket-missing",
    why: "There is no such bucket.",
    next: "Deploy template.yml for it, or correct the bucket in the list of agents.",
  },
  closed: {
    code: "bucket-closed",
    why: "Nobody but its account can read the bucket: no relayer finds a signature there.",
    next:
      "Let everybody read it, as template.yml does. Where the account blocks public access, " +
      "except this bucket, or give validators an account of their own.",
  },
  unlistable: {
    code: "bucket-unlistable",
    why:
      "Not everybody may list the bucket: what is missing is forbidden then, " +
      "and relayers take that for a failure.",
    next: "Allow s3:ListBucket on it to everybody, as template.yml does.",
  },
};

function ofKey({ name, address }: Entry, key: KeySight | undefined): Finding[] {
  if (!key) return [];
  if ("trouble" in key) {
    const { code, what, why, next } = key.trouble;
    return [error(code, name, `${what} ${why}`, next)];
  }
  if ("unseen" in key) {
    const next = "Where the key is another account's, let its policy allow kms:GetPublicKey.";
    return [warning("key-unseen", name, `Its key was not looked at. ${key.unseen}`, next)];
  }
  if (key.address === address) return [];
  const why = `Its key has the address ${key.address}, and ${address} is listed.`;
  return [error("other-address", name, why, "Correct `address` or `key` in the list of agents.")];
}

/** What it is to be given counts, unless nothing can be paid there. */
function ofFunds(funds: Funds, { funding, chains }: Evidence): Finding[] {
  const { name, kind, chain, address, isInstalled, balance } = funds;
  const own = funding?.chains.find((one) => one.chain === chain && !one.obstacle);
  const given = [...(own?.begun ?? []), ...(own?.transfers ?? [])];
  const value = totalOf(given.filter((one) => one.name === name));
  const needed = neededBy(funds);
  if (balance + value >= needed && balance + value > 0n) return [];
  const amount = (wei: bigint) => amountOn(chain, chains, wei);
  const what = kind === "validator" ? "to announce itself, once" : "for a single delivery";
  const has = value > 0n ? `is to have ${amount(balance + value)}` : `has ${amount(balance)}`;
  const why = `${address} ${has} on ${chain}, where ${amount(needed)} may be needed ${what}.`;
  const tell = isInstalled ? warning : error;
  const next =
    value > 0n
      ? `Aim at more for ${chain} in \`funding\`.`
      : `Send ${address} gas on ${chain}, or let a \`funder\` do it.`;
  return [tell("unfunded", name, why, next)];
}

/** An amount as a person reads it. */
export function amountOn(chain: string, chains: readonly KnownChain[], wei: bigint): string {
  const { symbol, decimals } = chains.find((one) => one.name === chain)?.nativeToken ?? {};
  const amount = formatUnits(wei, decimals ?? 18).replace(/\.0$/, "");
  return `${amount} ${symbol ?? ""}`.trim();
}

function ofFunding({ funding, funds, chains, sight }: Evidence): Finding[] {
  if (!funding) return [];
  const { funder } = funding;
  const own = "address" in funder ? funder.address : undefined;
  const agents = sight.agents.filter(({ entry }) => entry.address === own);
  return [
    ...ofFunder(funder),
    ...agents.map(({ entry }) => {
      const why =
        `${own} is the key of ${entry.name}, which uses it by itself: of one nonce there would ` +
        "be two transactions.";
      return error("funder-is-agent", "funder", why, "Fund agents by a key of its own.");
    }),
    ...funding.chains.flatMap((one) => {
      const needy = funds.filter((some) => some.chain === one.chain && isInNeed(some));
      return ofObstacle(one, needy.length > 0, chains);
    }),
  ];
}

/** It cannot begin with what it has. */
export function isInNeed(funds: Funds): boolean {
  return !funds.isInstalled && funds.balance < neededBy(funds);
}

function ofFunder(funder: KeySight): Finding[] {
  if ("trouble" in funder) {
    const { code, why, next } = funder.trouble;
    return [error(code, "funder", why, next)];
  }
  if ("address" in funder) return [];
  const next = "Let the role read the key's public half, to have its balances in the plan.";
  return [warning("key-unseen", "funder", `It was not looked at: ${funder.unseen}`, next)];
}

function ofObstacle(
  { chain, total, gas, balance, obstacle }: FundingSight["chains"][number],
  isUrgent: boolean,
  chains: readonly KnownChain[],
): Finding[] {
  if (!obstacle) return [];
  const amount = (wei: bigint) => amountOn(chain, chains, wei);
  const missing = amount(obstacle.missing);
  const due = `${amount(total)} are to be paid to agents, and gas may take ${amount(gas)}`;
  if (obstacle.kind === "cap") {
    const why = `${due}: ${missing} more than a run may spend on ${chain}.`;
    return [error("over-cap", chain, why, "Correct `funding`, or raise `funding-cap` there.")];
  }
  const why = `${due}; the funder has ${amount(balance ?? 0n)} on ${chain}.`;
  const tell = isUrgent ? error : warning;
  return [
    tell("funder-too-low", chain, why, `Send it at least ${missing}; nothing is paid there.`),
  ];
}

function ofPolicy({ rule, chain, why, overruledBy }: Refusal): Finding {
  return error(rule, chain, why, `Correct the list of agents, or name ${chain} in ${overruledBy}.`);
}

/** An agent that is there and does not work is waited for. */
function ofAbsence(seen: Sight["agents"][number]): Finding[] {
  const { name, installed, wanted } = seen.entry;
  const why = installed && wanted ? absenceOf(seen) : undefined;
  if (why === undefined || seen.isUnseen) return [];
  const next =
    "See its pod's events and its log; the rollout waits for it before it touches another.";
  return [warning("not-there", name, why, next)];
}

/** A rollout that cannot come to its end need not begin. */
function ofRollout(sight: Sight): Finding[] {
  const { end } = foresee(viewOf(sight));
  if (end.kind !== "blocked") return [];
  const next =
    end.agent.work === "retire"
      ? "Take it out of the ISM first; or list it again until then."
      : "Add a validator, or lower the threshold: one has to be spared while it is replaced.";
  return [error("no-spare", end.agent.name, end.because, next)];
}
