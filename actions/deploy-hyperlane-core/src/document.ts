import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError, reason } from "@playbook/action";
import { address, hex, type Plan, planDigest, planUnreadable, readPlan } from "@playbook/evm";
import { canonical, type Digest, digestOf } from "@playbook/state";
import { z } from "zod";

const addresses = z.record(z.string(), address);

const proposal = z.object({
  chain: z.string(),
  by: address,
  to: address,
  data: hex,
  label: z.string(),
  after: z.array(z.string()),
});

/** What was planned for one chain, apart from the transactions. */
const entry = z.object({
  name: z.string().min(1),
  chainId: z.number(),
  metadata: z.record(z.string(), z.unknown()),
  /** The core config's text. */
  config: z.string(),
  domains: z.record(z.string(), z.number()),
  /** What the registry knew. */
  known: addresses,
  /** Where everything is when the plan is done. */
  addresses,
  /** The block that the mailbox's messages begin in; null where there is none yet. */
  since: z.number().nullable(),
  changes: z.array(z.object({ subject: z.string(), from: z.string(), to: z.string() })),
  proposals: z.array(proposal),
  /** What a timelock lets be executed later, in seconds since the epoch. */
  scheduled: z.array(z.object({ by: address, label: z.string(), from: z.number() })).default([]),
});

const document = z.object({
  format: z.literal("playbook.hyperlane-core"),
  version: z.literal(1),
  repository: z.string().min(1),
  environment: z.string().min(1),
  sender: address,
  /** Milliseconds since the epoch, for the batches of Safes. */
  createdAt: z.number(),
  chains: z.array(z.object({ entry, plan: z.string().startsWith("sha256:").nullable() })),
  /** What agents have known of the registry's chains until now. */
  agents: z.record(z.string(), z.record(z.string(), z.unknown())),
  /**
   * Chains that are left for the next run: nobody could ask them, or something is wrong with them.
   */
  unreached: z.array(
    z.object({ name: z.string(), why: z.string(), isFlawed: z.boolean().default(false) }),
  ),
});

export type Entry = z.output<typeof entry>;
export type CoreDocument = z.output<typeof document>;

/** One chain of a document: its entry, and the transactions where there are any. */
export type ChainPart = { entry: Entry; plan: Plan | null };

export type Offer = { document: CoreDocument; parts: ChainPart[] };

/** A chain's entry as it is stored beside its plan. */
export function entryText(value: Entry): string {
  return canonical(value);
}

/** Reads what is stored beside a plan. Throws `plan-unreadable`. */
export function readEntry(text: string): Entry {
  try {
    return entry.parse(JSON.parse(text));
  } catch (error) {
    throw planUnreadable(error);
  }
}

export function documentText(value: CoreDocument): string {
  return canonical(value);
}

export function documentDigest(value: CoreDocument): Digest {
  return digestOf(documentText(value));
}

/**
 * Reads what was approved out of the plan's folder. Throws `plan-missing`, `plan-changed` and
 * `plan-unreadable`.
 */
export async function readOffer(folder: string, approved: string): Promise<Offer> {
  const text = await readText(folder, "plan.json");
  if (digestOf(text) !== approved) throw changed(`Its digest is ${digestOf(text)}.`, approved);
  const read = readDocument(text);
  const parts = await Promise.all(
    read.chains.map(async ({ entry, plan: digest }): Promise<ChainPart> => {
      if (digest === null) return { entry, plan: null };
      const plan = readPlan(await readText(folder, `${entry.name}.json`));
      if (planDigest(plan) === digest) return { entry, plan };
      throw changed(`${entry.name}.json is not what was planned.`, approved);
    }),
  );
  return { document: read, parts };
}

function readDocument(text: string): CoreDocument {
  try {
    return document.parse(JSON.parse(text));
  } catch (error) {
    throw planUnreadable(error);
  }
}

async function readText(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), "utf8");
  } catch (error) {
    throw new ActionError(
      "plan-missing",
      {
        what: `There is no plan in ${folder}.`,
        why: reason(error),
        next: "Name the folder or the artifact that `mode: plan` wrote, in `plan` or `artifact`.",
      },
      { cause: error },
    );
  }
}

function changed(why: string, approved: string): ActionError {
  return new ActionError("plan-changed", {
    what: "The plan is not the one that was approved.",
    why: `${why} Approved was ${approved}.`,
    next: "Plan again and approve that plan; nothing was signed or sent.",
  });
}
