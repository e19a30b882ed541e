import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";

/** A transaction as it came to be: what forge adds to its recording after a broadcast. */
export type Outcome = {
  hash: string;
  /** The receipt as the node gave it. */
  receipt: object;
};

const index = z.array(
  z.object({
    /** Where forge would have put it, below the project's folder. */
    path: z.string(),
    /** The recording's file beside the index. */
    file: z.string(),
    /** Ids of the steps, one for each transaction in order. */
    steps: z.array(z.string()),
  }),
);

export type RecordIndex = z.output<typeof index>;

/** Keeps forge's recordings in a plan's folder, until there are transactions to complete them with. */
export async function keepRecords(
  folder: string,
  records: { path: string; content: unknown; steps: string[] }[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const entries = records.map(({ path, steps }, at) => ({ path, file: `${at}.json`, steps }));
  for (const [at, { content }] of records.entries()) {
    await writeFile(join(folder, `${at}.json`), JSON.stringify(content));
  }
  await writeFile(join(folder, "index.json"), JSON.stringify(entries, null, 2));
}

/**
 * Writes forge's own `broadcast/<Script>/<chain id>/run-latest.json` files into a project, as
 * `forge script --broadcast` would have. `folder` is the plan's `forge`; steps that have no outcome
 * stay without hash. Gives the paths written, relative to the project.
 */
export async function writeRecords(
  folder: string,
  project: string,
  outcomes: Map<string, Outcome>,
  told: { commit: string | null; timestamp: number },
): Promise<string[]> {
  const entries = index.parse(JSON.parse(await readFile(join(folder, "index.json"), "utf8")));
  for (const { path, file, steps } of entries) {
    const content = JSON.parse(await readFile(join(folder, file), "utf8"));
    const done = steps.map((step) => outcomes.get(step));
    await writeRecord(project, path, complete(content, done, told), told.timestamp);
  }
  return [...new Set(entries.map(({ path }) => path))];
}

/** Twice, as forge does: its cheatcodes pass over the latest and read those with a time. */
export async function writeRecord(
  project: string,
  path: string,
  content: unknown,
  timestamp: number,
): Promise<void> {
  const dated = path.replace(/-latest(?=\.json$|\/run\.json$)/, `-${timestamp}`);
  for (const file of [join(project, path), join(project, dated)]) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(content, null, 2));
  }
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
