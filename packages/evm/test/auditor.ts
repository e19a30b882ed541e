import type { Chain } from "@playbook/world";
import { Transaction } from "ethers";

/** What a plan wants of one nonce; read from the plan's JSON, not by the library. */
export type Wanted = {
  id: string;
  chain: string;
  nonce: number;
  to: string | null;
  data: string;
  value: bigint;
  creates: { address: string }[];
};

type Raw = {
  hash: string;
  from: string;
  nonce: string;
  to: string | null;
  input: string;
  value: string;
};

export type Finding = { nonce: number; hash: string; act: string; succeeded: boolean };

/** What somebody's transaction does, as text that can be compared. */
const act = (to: string | null, data: string, value: bigint) =>
  `${to?.toLowerCase() ?? "create"} ${data.toLowerCase()} ${value}`;

/**
 * Every transaction of an account in the blocks of a chain, and what became of it. Reads raw blocks
 * and receipts; shares no code with what it judges.
 */
export async function transactionsOf(chain: Chain, sender: string, from = 0): Promise<Finding[]> {
  const head = await chain.height();
  const found: Finding[] = [];
  for (let number = from; number <= head; number += 1) {
    const tag = `0x${number.toString(16)}`;
    const block = await chain.send<{ transactions: Raw[] }>("eth_getBlockByNumber", [tag, true]);
    for (const raw of block.transactions) {
      if (raw.from.toLowerCase() !== sender.toLowerCase()) continue;
      const receipt = await chain.send<{ status: string }>("eth_getTransactionReceipt", [raw.hash]);
      found.push({
        nonce: Number(raw.nonce),
        hash: raw.hash,
        act: act(raw.to, raw.input, BigInt(raw.value)),
        succeeded: Number(receipt.status) === 1,
      });
    }
  }
  return found.sort((a, b) => a.nonce - b.nonce);
}

/**
 * The different things that were ever handed to the chain for one nonce, cancellations left out.
 */
export function handedIn(chain: Chain, sender: string): Map<number, Set<string>> {
  const acts = new Map<number, Set<string>>();
  for (const { params } of chain.chaos.calls("eth_sendRawTransaction")) {
    const sent = Transaction.from(String(params[0]));
    if (sent.from !== sender || (sent.to === sender && sent.data === "0x")) continue;
    const known = acts.get(sent.nonce) ?? new Set();
    acts.set(sent.nonce, known.add(act(sent.to, sent.data, sent.value)));
  }
  return acts;
}

/** What is wrong with a plan that is said to be complete; empty when nothing is. */
export async function faultsOf(
  chain: Chain,
  sender: string,
  steps: Wanted[],
  counter: string,
  from = 0,
): Promise<string[]> {
  const wanted = steps.filter((step) => step.chain === chain.name);
  const faults = await stepFaults(chain, sender, wanted, from);

  const calls = wanted.filter(({ to }) => to?.toLowerCase() === counter.toLowerCase()).length;
  const counted = Number(await chain.send("eth_getStorageAt", [counter, "0x0", "latest"]));
  if (counted !== calls) faults.push(`the counter was called ${counted} times instead of ${calls}`);
  return faults;
}

/**
 * Whether exactly the steps of a chain are in its blocks, each once, and what they were to create.
 */
export async function stepFaults(
  chain: Chain,
  sender: string,
  wanted: Wanted[],
  from = 0,
): Promise<string[]> {
  const faults: string[] = [];
  const found = await transactionsOf(chain, sender, from);
  if (found.length !== wanted.length) {
    faults.push(`${found.length} transactions are in blocks; the plan has ${wanted.length} steps`);
  }
  for (const [index, { id, to, data, value, nonce }] of wanted.entries()) {
    const one = found[index];
    if (one?.nonce !== nonce || one.act !== act(to, data, value)) faults.push(`${id} is missing`);
    else if (!one.succeeded) faults.push(`${id} reverted`);
  }
  faults.push(...sentForTwo(chain, sender));
  for (const { address } of wanted.flatMap(({ creates }) => creates)) {
    const code = await chain.send("eth_getCode", [address, "latest"]);
    if (code === "0x") faults.push(`there is no code at ${address}`);
  }
  return faults;
}

function sentForTwo(chain: Chain, sender: string): string[] {
  return [...handedIn(chain, sender)]
    .filter(([, acts]) => acts.size > 1)
    .map(([nonce, acts]) => `nonce ${nonce} was sent for ${[...acts].join(" and ")}`);
}

/**
 * What is wrong with a plan of which a step reverts: up to it each step is to be in a block, behind
 * it each nonce has its own step or nothing.
 */
export async function failureFaults(
  chain: Chain,
  sender: string,
  steps: Wanted[],
  from = 0,
): Promise<string[]> {
  const found = await transactionsOf(chain, sender, from);
  const failed = found.findIndex(({ succeeded }) => !succeeded);
  const nothing = act(sender, "0x", 0n);
  const faults = found.flatMap(({ nonce, act: did, succeeded }, index) => {
    const step = steps[index];
    if (!succeeded && index !== failed) return [`nonce ${nonce} reverted, too`];
    if (step?.nonce === nonce && did === act(step.to, step.data, step.value)) return [];
    return did === nothing && index > failed ? [] : [`nonce ${nonce} has ${did}`];
  });
  if (failed === -1) faults.push("nothing reverted");
  return [...faults, ...sentForTwo(chain, sender)];
}

/** What a chain keeps of an account: two that are equal in all of this have the same state. */
export type Account = {
  chain: string;
  address: string;
  nonce: string;
  codeHash: string;
  storageHash: string;
  /** Null for whoever paid the fees. */
  balance: string | null;
};

/** Accounts by their proofs: the hash of their storage says all that it holds. */
export function accountsOn(chain: Chain, addresses: string[], sender: string): Promise<Account[]> {
  return Promise.all(
    [...addresses, sender].map(async (address) => {
      const proof = await chain.send<Account>("eth_getProof", [address, [], "latest"]);
      const { nonce, codeHash, storageHash } = proof;
      const balance = address === sender ? null : proof.balance;
      return { chain: chain.name, address, nonce, codeHash, storageHash, balance };
    }),
  );
}
