import type { Address, Hex } from "@playbook/evm";
import type { KnownChain } from "./agent-config.ts";
import { Look, type Wire } from "./look.ts";
import { type Quorum, quorumsIn } from "./quorum.ts";
import { readIsm } from "./read-isms.ts";

/** What a chain says of those who sign its messages. */
export type OriginSight = {
  /** Messages in the tree that are so old that validators sign them. */
  count: number;
  /** Where each of those who were asked for has announced that its signatures are. */
  announced: Map<Address, string[]>;
};

/** A set as it was seen on its chain. */
export type SeenQuorum = Quorum & {
  chain: string;
  /** Whether the chain has it now; it had, and may have it again after a reorganisation, if not. */
  isCurrent: boolean;
  /** Whether no reorganisation can take it back. */
  isFinal: boolean;
};

/** Every set of the ISM that a chain checks messages by, or might after a reorganisation. */
export async function readQuorums(
  wire: Wire,
  chain: KnownChain,
  names: ReadonlyMap<number, string>,
): Promise<SeenQuorum[]> {
  const head = Number(await wire.send<Hex>("eth_blockNumber"));
  const old = await settled(wire, chain, head);
  const [now, before] = await Promise.all([
    quorumsAt(wire, chain, head),
    old === head ? undefined : quorumsAt(wire, chain, old),
  ]);
  const among = (all: Quorum[], one: Quorum) => all.some((other) => isSame(one, other));
  const titled = (one: Quorum) => `${named(one.name, names)} on ${chain.name}`;
  const current = now.map((one) => ({
    ...{ ...one, name: titled(one), chain: chain.name },
    ...{ isCurrent: true, isFinal: among(before ?? now, one) },
  }));
  const gone = (before ?? [])
    .filter((one) => !among(now, one))
    .map((one) => ({
      ...{ ...one, name: `${titled(one)}, as a reorganisation may bring it back,` },
      ...{ chain: chain.name, isCurrent: false, isFinal: false },
    }));
  return [...current, ...gone];
}

async function quorumsAt(
  wire: Wire,
  { mailbox, index }: KnownChain,
  block: number,
): Promise<Quorum[]> {
  if (block < index.from) return [];
  const look = new Look(wire, block);
  const root = await look.value<Address>("Mailbox", mailbox, "defaultIsm");
  const ism = await readIsm(look, root, mailbox);
  return quorumsIn(ism, "any origin");
}

function isSame(one: Quorum, other: Quorum): boolean {
  const text = ({ name, validators, threshold, weights }: Quorum) =>
    JSON.stringify([name, validators, threshold, weights ?? null]);
  return text(one) === text(other);
}

function named(text: string, names: ReadonlyMap<number, string>): string {
  return text.replace(/origin (\d+)$/, (all, domain) => names.get(Number(domain)) ?? all);
}

/** Who has announced what, as of now, and how much there is to sign. */
export async function lookAtOrigin(
  wire: Wire,
  chain: KnownChain,
  validators: readonly Address[],
): Promise<OriginSight> {
  const head = Number(await wire.send<Hex>("eth_blockNumber"));
  const [count, [locations]] = await Promise.all([
    countAt(wire, chain, await settled(wire, chain, head)),
    new Look(wire, head).call(
      "ValidatorAnnounce",
      chain.validatorAnnounce,
      "getAnnouncedStorageLocations",
      [validators],
    ),
  ]);
  const all = [...(locations as string[][])].map((one) => [...one]);
  return { count, announced: new Map(validators.map((one, at) => [one, all[at] ?? []])) };
}

/** The newest block that validators look at. */
async function settled(wire: Wire, { blocks }: KnownChain, head: number): Promise<number> {
  const { reorgPeriod } = blocks;
  const depth = Number(reorgPeriod);
  if (!Number.isNaN(depth)) return head - depth;
  const block = await wire.send<{ number: Hex } | null>("eth_getBlockByNumber", reorgPeriod, false);
  return Number(block?.number ?? 0);
}

async function countAt(wire: Wire, chain: KnownChain, block: number): Promise<number> {
  if (block < chain.index.from) return 0;
  const look = new Look(wire, block);
  return Number(await look.value<bigint>("MerkleTreeHook", chain.merkleTreeHook, "count"));
}
