import type { Chain } from "@playbook/world";
import { keccak256 } from "ethers";

/**
 * A step as it was planned: what its transaction must carry and where to, and what it must make.
 */
export type Wanted = {
  nonce: number;
  /** Null for a creation, whose contract is `creates`. */
  to: string | null;
  data: string;
  value: string;
  creates: string | undefined;
};

/** What the blocks of a chain hold of what was planned. */
export type Verdict = {
  /** Each step once, with its nonce, on the planned contract, which counts it once. */
  complete: boolean;
  /** Transactions of the plan that are in blocks, whatever became of them. */
  sent: number;
  missing: number;
  /** Steps that took effect more than once. */
  twice: number;
  /** Steps that took effect on another contract than planned, or with another nonce. */
  elsewhere: number;
  /** Value sent to addresses without a contract, in wei. */
  lost: bigint;
};

type Raw = {
  from: string;
  hash: string;
  nonce: string;
  to: string | null;
  input: string;
  value: string;
};
type Receipt = { status: string; contractAddress: string | null };

/** A transaction, and the contract that it called or made. */
type Found = { act: string; nonce: number; at: string; value: bigint; succeeded: boolean };

const actOf = (data: string, value: string) => `${data.toLowerCase()} ${BigInt(value)}`;

/** Looks at raw blocks, receipts and storage alone; shares no code with any of those it judges. */
export async function judge(chain: Chain, signer: string, wanted: Wanted[]): Promise<Verdict> {
  const acts = new Set(wanted.map(({ data, value }) => actOf(data, value)));
  const all = await transactionsOf(chain, signer);
  const ours = all.filter(({ act }) => acts.has(act));
  const succeeded = ours.filter((one) => one.succeeded);
  const contracts = await withCode(chain, [...new Set(ours.map(({ at }) => at))]);
  const effects = succeeded.filter(({ at }) => contracts.includes(at));

  const fates = wanted.map(async (step) => {
    const own = effects.filter(({ act }) => act === actOf(step.data, step.value));
    const planned = own.filter((one) => isPlanned(step, one)).length;
    const counted = step.creates ? own.length : await timesOf(chain, contracts, step);
    return { isDone: planned > 0 && counted > 0, counted, elsewhere: own.length - planned };
  });
  const steps = await Promise.all(fates);
  const missing = steps.filter(({ isDone }) => !isDone).length;
  const twice = steps.filter(({ counted }) => counted > 1).length;
  const elsewhere = steps.filter((step) => step.elsewhere > 0).length;
  const lost = succeeded
    .filter(({ at }) => !contracts.includes(at))
    .reduce((sum, { value }) => sum + value, 0n);
  const complete = missing === 0 && twice === 0 && elsewhere === 0 && lost === 0n;
  return { complete, sent: ours.length, missing, twice, elsewhere, lost };
}

function isPlanned({ nonce, to, creates }: Wanted, found: Found): boolean {
  return found.nonce === nonce && found.at === (to ?? creates ?? "").toLowerCase();
}

/** How often all contracts together have counted a step: `times`, in slot 0 of a Tally. */
async function timesOf(chain: Chain, contracts: string[], { data }: Wanted): Promise<number> {
  const step = data.slice(10, 74);
  const slot = keccak256(`0x${step}${"0".repeat(64)}`);
  const counts = contracts.map((at) => chain.send("eth_getStorageAt", [at, slot, "latest"]));
  return (await Promise.all(counts)).reduce<number>((sum, one) => sum + Number(one), 0);
}

async function withCode(chain: Chain, addresses: string[]): Promise<string[]> {
  const codes = addresses.map((one) => chain.send("eth_getCode", [one, "latest"]));
  const found = await Promise.all(codes);
  return addresses.filter((_, index) => found[index] !== "0x");
}

async function transactionsOf(chain: Chain, signer: string): Promise<Found[]> {
  const head = await chain.height();
  const found: Found[] = [];
  for (let number = 0; number <= head; number += 1) {
    const tag = `0x${number.toString(16)}`;
    const block = await chain.send<{ transactions: Raw[] }>("eth_getBlockByNumber", [tag, true]);
    for (const { from, hash, nonce, to, input, value } of block.transactions) {
      if (from.toLowerCase() !== signer.toLowerCase()) continue;
      const asked = chain.send<Receipt>("eth_getTransactionReceipt", [hash]);
      const { status, contractAddress } = await asked;
      found.push({
        act: actOf(input, value),
        nonce: Number(nonce),
        at: (to ?? contractAddress ?? "").toLowerCase(),
        value: BigInt(value),
        succeeded: status === "0x1",
      });
    }
  }
  return found;
}
