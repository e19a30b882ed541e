import type { Address, Hex } from "@playbook/evm";
import type { Contract, Recorded } from "./broadcast-files.ts";

/** What a chain has of a transaction, as far as it can be compared. */
export type Found = {
  from: string;
  to: string | null;
  succeeded: boolean;
  block: number;
  /** What a create made. */
  contract: string | null;
};

/**
 * How a recorded transaction compares with its chain: `missing` is in no final block, `differs` is
 * there with another sender, receiver or address than forge wrote down.
 */
export type Match = "matches" | "missing" | "reverted" | "differs";

export type Finding = Recorded & {
  match: Match;
  /** True when another account than the key has sent it. */
  isForeign: boolean;
  block: number | null;
  /** Of what it made, the contracts that have code. */
  standing: Contract[];
};

/** Compares forge's record of one chain with the chain. Pure. */
export function compare(
  records: Recorded[],
  chain: { found: ReadonlyMap<Hex, Found>; withCode: ReadonlySet<Address>; final: number },
  signer: Address,
): Finding[] {
  return records.map((record) => {
    const found = record.hash ? chain.found.get(record.hash) : undefined;
    const match = judge(record, found, chain.final);
    const standing =
      match === "matches"
        ? record.creates.filter(({ address }) => chain.withCode.has(address))
        : [];
    const isForeign = record.from !== signer;
    return { ...record, match, isForeign, block: found?.block ?? null, standing };
  });
}

function judge(record: Recorded, found: Found | undefined, final: number): Match {
  if (!found || found.block > final) return "missing";
  const [own] = record.creates;
  const isSame =
    same(found.from, record.from) &&
    same(found.to, record.to) &&
    (!record.isCreate || same(found.contract, own?.address));
  if (!isSame) return "differs";
  return found.succeeded ? "matches" : "reverted";
}

function same(a: string | null | undefined, b: string | null | undefined): boolean {
  return (a ?? "").toLowerCase() === (b ?? "").toLowerCase();
}
