import type { Address, Hex } from "@playbook/evm";
import { id } from "ethers";
import type { Proposal } from "./draft.ts";

/** A file of Safe's transaction builder: one Safe's transactions, to be signed as one. */
export type SafeBatch = {
  version: "1.0";
  chainId: string;
  /** Milliseconds. */
  createdAt: number;
  meta: {
    name: string;
    description: string;
    txBuilderVersion: string;
    createdFromSafeAddress: Address;
    createdFromOwnerAddress: "";
    checksum?: Hex;
  };
  transactions: {
    to: Address;
    value: string;
    data: Hex;
    contractMethod: null;
    contractInputsValues: null;
  }[];
};

const BUILDER = "1.17.1";

type About = { chainId: number; name: string; createdAt: number };

/** One batch for each Safe that has to do something, in the order in which it has to. */
export function safeBatches(proposals: Proposal[], about: About): SafeBatch[] {
  const bySafe = Map.groupBy(proposals, ({ by }) => by);
  return [...bySafe].map(([safe, own]) => withChecksum(batchOf(safe, own, about)));
}

function batchOf(safe: Address, own: Proposal[], { chainId, name, createdAt }: About): SafeBatch {
  return {
    version: "1.0",
    chainId: String(chainId),
    createdAt,
    meta: {
      name,
      description: own.map(({ label }) => label).join("\n"),
      txBuilderVersion: BUILDER,
      createdFromSafeAddress: safe,
      createdFromOwnerAddress: "",
    },
    transactions: own.map(({ to, data }) => ({
      to,
      value: "0",
      data,
      contractMethod: null,
      contractInputsValues: null,
    })),
  };
}

/** With what the builder warns without: a hash of all but the name, which may be changed. */
export function withChecksum(batch: SafeBatch): SafeBatch {
  const { checksum: _, ...meta } = batch.meta;
  const hashed = textOf({ ...batch, meta: { ...meta, name: null } });
  return { ...batch, meta: { ...meta, checksum: id(hashed) as Hex } };
}

/** The builder's own writing: an object is the list of its keys, then its values. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const keys = Object.keys(value).sort();
  const values = keys.map((key) => `${textOf((value as Record<string, unknown>)[key])},`);
  return `{${JSON.stringify(keys)}${values.join("")}}`;
}
