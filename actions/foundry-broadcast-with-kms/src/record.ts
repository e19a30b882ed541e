import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { canonical } from "@playbook/state";
import { z } from "zod";

/** A transaction as it came to be: what forge adds to its recording after a broadcast. */
export type Outcome = {
  hash: string;
  /** The receipt as the node gave it. */
  receipt: object;
};

const kept = z.array(
  z.object({
    /** Where forge would have put it, below the project's folder. */
    path: z.string(),
    content: z.unknown(),
    /** Ids of the steps, one for each transaction in order. */
    steps: z.array(z.string()),
  }),
);

/** forge's recordings of a plan's scripts, until there are transactions to complete them with. */
export type Records = z.output<typeof kept>;

/** The recordings as one file of the plan: in forge's own order, but for a table that has none. */
export function recordsText(records: Records): string {
  return JSON.stringify(records, (key, value) => (key === "returns" ? sorted(value) : value));
}

function sorted(table: object): object {
  return JSON.parse(canonical(table));
}

/**
 * Writes forge's own `broadcast/<Script>/<chain id>/run-latest.json` files below a folder, as
 * `forge script --broadcast` would have. Steps that have no outcome stay without hash.
 */
export async function writeRecords(
  text: string,
  folder: string,
  outcomes: Map<string, Outcome>,
  told: { commit: string | null; timestamp: number },
): Promise<void> {
  for (const { path, content, steps } of kept.parse(JSON.parse(text))) {
    if (!resolve(folder, path).startsWith(resolve(folder) + sep)) continue;
    const done = steps.map((step) => outcomes.get(step));
    await writeRecord(folder, path, complete(content, done, told), told.timestamp);
  }
}

/**
 * Twice, as forge does: its cheatcodes pass over the latest and read those with a time. What was
 * written before, by an earlier run of the same release, is left alone: the latest comes last, and
 * each of them whole, so that a run which is killed here leaves nothing that looks finished.
 */
export async function writeRecord(
  project: string,
  path: string,
  content: unknown,
  timestamp: number,
): Promise<void> {
  if (await isWritten(join(project, path), content)) return;
  const dated = path.replace(/-latest(?=\.json$|\/run\.json$)/, `-${timestamp}`);
  for (const file of [join(project, dated), join(project, path)]) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.part`, JSON.stringify(content, null, 2));
    await rename(`${file}.part`, file);
  }
}

async function isWritten(file: string, content: unknown): Promise<boolean> {
  const text = await readFile(file, "utf8").catch(() => "");
  try {
    return untimed(JSON.parse(text)) === untimed(content);
  } catch {
    // There is none, or what a killed run has left of one.
    return false;
  }
}

function untimed(content: unknown): string {
  return canonical(
    JSON.parse(JSON.stringify(content), (key, value) => (key === "timestamp" ? null : value)),
  );
}

type Sequence = { transactions: object[]; receipts: object[]; pending: string[] };

/** A recording with hashes and receipts; `outcomes` are in the order of its transactions. */
export function complete(
  content: unknown,
  outcomes: (Outcome | undefined)[],
  { commit, timestamp }: { commit: string | null; timestamp: number },
): unknown {
  const left = [...outcomes];
  const fill = (sequence: Sequence) => {
    const own = left.splice(0, sequence.transactions.length);
    const transactions = sequence.transactions.map((transaction, at) => ({
      ...transaction,
      hash: own[at]?.hash ?? null,
    }));
    const receipts = own.flatMap((outcome) => (outcome ? [outcome.receipt] : []));
    return { ...sequence, transactions, receipts, pending: [], timestamp, commit };
  };

  const several = content as { deployments?: Sequence[] };
  if (!several.deployments) return fill(content as Sequence);
  return { ...several, deployments: several.deployments.map(fill), timestamp };
}
