import type { Chain } from "@playbook/world";

/** A step as it was planned: what its transaction must carry, and what it must make. */
export type Wanted = { data: string; value: string; creates: string | undefined };

/** What the blocks of a chain hold of what was planned. */
export type Verdict = {
  /** Each step once, successful, at the planned address. */
  complete: boolean;
  /** Transactions of the plan that are in blocks, whatever became of them. */
  sent: number;
  missing: number;
  /** Steps that took effect more than once. */
  twice: number;
  /** Contracts that stand elsewhere than planned. */
  elsewhere: number;
  /** Value sent to addresses without a contract, in wei. */
  lost: bigint;
};

type Raw = { from: string; hash: string; to: string | null; input: string; value: string };
type Receipt = { status: string; contractAddress: string | null };
type Found = { act: string; to: string | null; value: bigint; made: string | null };

const actOf = (data: string, value: bigint) => `${data.toLowerCase()} ${value}`;

/** Looks at raw blocks and receipts alone; shares no code with any of those that it judges. */
export async function judge(chain: Chain, signer: string, wanted: Wanted[]): Promise<Verdict> {
  const plan = new Map(wanted.map((step) => [actOf(step.data, BigInt(step.value)), step]));
  const all = await transactionsOf(chain, signer);
  const ours = all.filter(({ act }) => plan.has(act));
  const effects = ours.filter(({ succeeded }) => succeeded);

  const times = [...plan.keys()].map((act) => effects.filter((one) => one.act === act).length);
  const missing = times.filter((count) => count === 0).length;
  const twice = times.filter((count) => count > 1).length;
  const strangers = effects.filter(({ act, made }) => made && !isPlanned(plan.get(act), made));
  const elsewhere = strangers.length;
  let lost = 0n;
  for (const { to, value } of effects) {
    if (to && value > 0n && (await chain.send("eth_getCode", [to, "latest"])) === "0x")
      lost += value;
  }
  const complete = missing === 0 && twice === 0 && elsewhere === 0 && lost === 0n;
  return { complete, sent: ours.length, missing, twice, elsewhere, lost };
}

const isPlanned = (step: Wanted | undefined, made: string) =>
  step?.creates?.toLowerCase() === made.toLowerCase();

async function transactionsOf(
  chain: Chain,
  signer: string,
): Promise<(Found & { succeeded: boolean })[]> {
  const head = await chain.height();
  const found: (Found & { succeeded: boolean })[] = [];
  for (let number = 0; number <= head; number += 1) {
    const tag = `0x${number.toString(16)}`;
    const block = await chain.send<{ transactions: Raw[] }>("eth_getBlockByNumber", [tag, true]);
    for (const raw of block.transactions) {
      if (raw.from.toLowerCase() !== signer.toLowerCase()) continue;
      const value = BigInt(raw.value);
      const { status, contractAddress } = await chain.send<Receipt>("eth_getTransactionReceipt", [
        raw.hash,
      ]);
      const act = actOf(raw.input, value);
      const succeeded = status === "0x1";
      found.push({ act, to: raw.to, value, made: contractAddress, succeeded });
    }
  }
  return found;
}
