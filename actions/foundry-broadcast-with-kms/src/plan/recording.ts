import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Address, address, type Hex, hex } from "@playbook/evm";
import { z } from "zod";
import type { Script } from "./script.ts";
import { filesBelow } from "./tree.ts";

const quantity = z.string().transform(BigInt);

const recorded = z.looseObject({
  transactionType: z.string(),
  contractName: z.string().nullish(),
  contractAddress: z.string().nullish(),
  function: z.string().nullish(),
  arguments: z.array(z.string()).nullish(),
  transaction: z.looseObject({
    from: address,
    to: address.nullish(),
    value: quantity.nullish(),
    input: hex.nullish(),
    data: hex.nullish(),
    nonce: quantity,
    chainId: quantity,
    authorizationList: z.array(z.unknown()).nullish(),
    blobVersionedHashes: z.array(z.unknown()).nullish(),
  }),
  additionalContracts: z
    .array(z.looseObject({ address, contractName: z.string().nullish() }))
    .default([]),
});

const sequence = z.looseObject({
  transactions: z.array(recorded),
  libraries: z.array(z.string()).default([]),
  chain: z.number(),
});

const several = z.looseObject({ deployments: z.array(sequence) });

/** The RPC URLs of the same transactions, which forge keeps in its cache folder. */
const origins = z.looseObject({ transactions: z.array(z.looseObject({ rpc: z.string() })) });
const severalOrigins = z.looseObject({ deployments: z.array(origins) });

/** A transaction as a script made it, before anybody sent it. */
export type Recorded = {
  chainId: number;
  /** The URL that the script reached its chain by. */
  rpc: string;
  from: Address;
  to: Address | null;
  value: bigint;
  data: Hex;
  nonce: number;
  /** Contracts that forge knows of and how it calls them, by address in lower case. */
  names: Map<string, string>;
  function: string | null;
  special: boolean;
};

/** One run of a script: its transactions in the order in which it made them. */
export type Recording = {
  /** Where forge would keep it after a broadcast, below the project's folder. */
  path: string;
  /** What forge wrote: one sequence, or several in `deployments`. */
  content: unknown;
  transactions: Recorded[];
};

type Folders = { broadcast: string; cache_path: string };

/** Removes the recordings of earlier simulations, so that the next one's is the only one. */
export async function forgetRecordings(folder: string, folders: Folders): Promise<void> {
  for (const root of [folders.broadcast, folders.cache_path]) {
    for (const path of await dryRuns(folder, root)) await rm(join(folder, root, path));
  }
}

/** What the script recorded just now; undefined when it made no transaction. */
export async function readRecording(
  folder: string,
  { broadcast, cache_path }: Folders,
  script: Script,
): Promise<Recording | undefined> {
  const [path, ...others] = (await dryRuns(folder, broadcast)).filter((p) =>
    /-latest(\.|\/)/.test(p),
  );
  if (!path) return undefined;
  if (others.length > 0) throw new Error(`${script.line} left more than one recording`);

  const [content, source] = await Promise.all(
    [broadcast, cache_path].map(async (root) =>
      JSON.parse(await readFile(join(folder, root, path), "utf8")),
    ),
  );
  return {
    path: join(broadcast, path.replace("dry-run/", "")),
    content,
    transactions: readTransactions(content, source),
  };
}

async function dryRuns(folder: string, root: string): Promise<string[]> {
  const files = await filesBelow(join(folder, root)).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return files.filter((path) => /(^|\/)dry-run\/.*\.json$/.test(path));
}

/** Forge's two files on one run as one list. */
export function readTransactions(content: unknown, source: unknown): Recorded[] {
  const isSeveral = typeof content === "object" && content !== null && "deployments" in content;
  const sequences = isSeveral ? several.parse(content).deployments : [sequence.parse(content)];
  const rpcs = isSeveral ? severalOrigins.parse(source).deployments : [origins.parse(source)];

  return sequences.flatMap(({ transactions, libraries }, outer) =>
    transactions.map((entry, inner) => ({
      ...readTransaction(entry, libraries),
      rpc: rpcs[outer]?.transactions[inner]?.rpc ?? "",
    })),
  );
}

function readTransaction(
  { transaction, additionalContracts, ...entry }: z.output<typeof recorded>,
  libraries: string[],
): Omit<Recorded, "rpc"> {
  const names = new Map<string, string>();
  for (const library of libraries) {
    const [, name, at] = library.split(":");
    if (name && at) names.set(at.toLowerCase(), name);
  }
  for (const { address, contractName } of additionalContracts) {
    if (contractName) names.set(address.toLowerCase(), contractName);
  }
  if (entry.contractAddress && entry.contractName) {
    names.set(entry.contractAddress.toLowerCase(), entry.contractName);
  }
  return {
    chainId: Number(transaction.chainId),
    from: transaction.from,
    to: transaction.to ?? null,
    value: transaction.value ?? 0n,
    data: transaction.input ?? transaction.data ?? "0x",
    nonce: Number(transaction.nonce),
    names,
    function: entry.function ?? null,
    special: Boolean(transaction.authorizationList || transaction.blobVersionedHashes),
  };
}
