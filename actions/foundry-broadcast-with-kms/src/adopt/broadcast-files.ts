import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ActionError, reason } from "@playbook/action";
import { type Address, address, type Hex, hex } from "@playbook/evm";
import { z } from "zod";
import { filesBelow } from "../plan/tree.ts";

const named = z.looseObject({ address, contractName: z.string().nullish() });

const recorded = z.looseObject({
  hash: hex.nullish(),
  contractName: z.string().nullish(),
  contractAddress: address.nullish(),
  transaction: z.looseObject({
    from: address,
    to: address.nullish(),
    nonce: z.string().transform(Number),
  }),
  additionalContracts: z.array(named).default([]),
});

const sequence = z.looseObject({ transactions: z.array(recorded), chain: z.number() });

/** A run on several chains is a list of runs, in which a chain may come several times. */
const several = z.looseObject({ deployments: z.array(sequence) });

export type Contract = { name: string | null; address: Address };

/** A transaction as forge wrote it down when it was sent, or was to be sent. */
export type Recorded = {
  /** Path of the file that says so, below the folder that was given. */
  file: string;
  chainId: number;
  /** Null for one that was never sent. */
  hash: Hex | null;
  from: Address;
  to: Address | null;
  nonce: number;
  /** The contract that a create made, and then those made inside of it. */
  creates: Contract[];
  /** True when it makes a contract by having no receiver. */
  isCreate: boolean;
};

/** The latest run of each script; what forge only simulated lies in folders of its own. */
const LATEST = /(^|\/)(run-latest\.json|[^/]+-latest\/run\.json)$/;
const SIMULATED = /(^|\/)dry-run\//;

/**
 * Reads what forge has broadcast from its `broadcast` folder, or from one of its files. Throws
 * `no-broadcast` when nothing is there, and `bad-broadcast` for a file that forge did not write.
 */
export async function readBroadcasts(place: string): Promise<Recorded[]> {
  const files = await latestRuns(place);
  if (files.length === 0) throw nothingIn(place);
  const found = await Promise.all(
    files.map(async (file) =>
      parse(file || basename(place), await readFile(join(place, file), "utf8")),
    ),
  );
  return found.flat();
}

/** Paths below the place; an empty one when the place is a file itself. */
async function latestRuns(place: string): Promise<string[]> {
  const found = await stat(place).catch(() => undefined);
  if (!found) throw nothingIn(place);
  if (found.isFile()) return [""];
  const files = await filesBelow(place);
  return files.filter((path) => LATEST.test(path) && !SIMULATED.test(path));
}

/** The transactions of one of forge's files, in the order in which it sent them. */
export function parse(file: string, content: string): Recorded[] {
  try {
    const value: unknown = JSON.parse(content);
    const isSeveral = typeof value === "object" && value !== null && "deployments" in value;
    const runs = isSeveral ? several.parse(value).deployments : [sequence.parse(value)];
    return runs.flatMap(({ chain, transactions }) =>
      transactions.map((one) => readOne(file, chain, one)),
    );
  } catch (error) {
    throw new ActionError(
      "bad-broadcast",
      {
        what: `${file} is no broadcast file of forge's.`,
        why: reason(error instanceof z.ZodError ? flaw(error) : error),
        next:
          "Name the `broadcast` folder that `forge script " +
          "--broadcast` wrote, or one file of it.",
      },
      { cause: error },
    );
  }
}

function flaw({ issues: [first] }: z.ZodError): string {
  return `${first?.path.join(".")}: ${first?.message}`;
}

function readOne(
  file: string,
  chainId: number,
  { hash, contractName, contractAddress, transaction, additionalContracts }: RecordedEntry,
): Recorded {
  const { from, to, nonce } = transaction;
  // For a call, forge writes the called contract's address and name in the same two fields.
  const isCreate = !to;
  const made = isCreate || isFactory(to) ? contractAddress : undefined;
  const own = made ? [{ name: contractName ?? null, address: made }] : [];
  const inner = additionalContracts.map((one) => ({
    name: one.contractName ?? null,
    address: one.address,
  }));
  const creates = [...own, ...inner.filter((one) => one.address !== made)];
  return { file, chainId, hash: hash ?? null, from, to: to ?? null, nonce, creates, isCreate };
}

type RecordedEntry = z.output<typeof recorded>;

/** Solidity's `new C{salt: …}` goes through this contract, as forge makes it. */
function isFactory(to: Address): boolean {
  return to === "0x4e59b44847b379578588920cA78FbF26c0B4956C";
}

function nothingIn(place: string): ActionError {
  return new ActionError("no-broadcast", {
    what: `There is nothing in ${place} that forge has broadcast.`,
    why: "No run-latest.json lies there, nor a <script>-latest/run.json; simulations do not count.",
    next: "Name the project's `broadcast` folder; in a job, fetch it before this step.",
  });
}
