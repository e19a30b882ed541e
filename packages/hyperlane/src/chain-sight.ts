import type { Address, Hex } from "@playbook/evm";
import type { KnownChain } from "./agent-config.ts";
import { readTree, settled, type TreeState } from "./chain-state.ts";
import { Look, type Wire } from "./look.ts";
import type { StandingIsm } from "./model.ts";
import { foreignIn, type Quorum, quorumsIn } from "./quorum.ts";
import { readIsm } from "./read-isms.ts";

/** What a chain says of those who sign its messages. */
export type OriginSight = {
  /** The tree of messages that are so old that validators sign them; null while there are none. */
  tree: TreeState;
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

/** A module of a chain's ISM that is not known: it may count on any validator of its origin. */
export type UnknownModule = {
  chain: string;
  address: Address;
  /** The chain whose messages it judges; null where it judges those of all. */
  origin: string | null;
};

/** Whether a module may count on the validators of a chain. */
export function mayConcern({ origin }: UnknownModule, chain: string): boolean {
  return origin === null || origin === chain;
}

/** By whom a chain has messages judged. */
export type DestinationSight = { quorums: SeenQuorum[]; unknown: UnknownModule[] };

/** All that is in the ISM that a chain checks messages by, or might after a reorganisation. */
export async function lookAtDestination(
  wire: Wire,
  chain: KnownChain,
  names: ReadonlyMap<number, string>,
): Promise<DestinationSight> {
  const head = Number(await wire.send<Hex>("eth_blockNumber"));
  const old = await settled(wire, chain.blocks.reorgPeriod, head);
  const [now, before] = await Promise.all([ismAt(wire, chain, head), ismAt(wire, chain, old)]);
  const setsOf = (ism: StandingIsm | undefined) => (ism ? quorumsIn(ism, "any origin") : []);
  const foreign = [now, before].flatMap((ism) => (ism ? foreignIn(ism) : []));
  return {
    quorums: seenIn(setsOf(now), setsOf(before), chain, names),
    unknown: [...new Map(foreign.map((one) => [one.address, one])).values()].map(
      ({ address, origin }) => ({ chain: chain.name, address, origin: nameOf(origin, names) }),
    ),
  };
}

function nameOf(domain: number | undefined, names: ReadonlyMap<number, string>): string | null {
  return domain === undefined ? null : (names.get(domain) ?? String(domain));
}

function seenIn(
  now: Quorum[],
  before: Quorum[],
  chain: KnownChain,
  names: ReadonlyMap<number, string>,
): SeenQuorum[] {
  const among = (all: Quorum[], one: Quorum) => all.some((other) => isSame(one, other));
  const titled = (one: Quorum) => `${named(one.name, names)} on ${chain.name}`;
  const current = now.map((one) => ({
    ...{ ...one, name: titled(one), chain: chain.name },
    ...{ isCurrent: true, isFinal: among(before, one) },
  }));
  const gone = before
    .filter((one) => !among(now, one))
    .map((one) => ({
      ...{ ...one, name: `${titled(one)}, as a reorganisation may bring it back,` },
      ...{ chain: chain.name, isCurrent: false, isFinal: false },
    }));
  return [...current, ...gone];
}

/** Undefined before there was a mailbox. */
async function ismAt(
  wire: Wire,
  { mailbox }: KnownChain,
  block: number,
): Promise<StandingIsm | undefined> {
  const look = new Look(wire, block);
  if ((await look.code(mailbox)) === "0x") return undefined;
  const root = await look.value<Address>("Mailbox", mailbox, "defaultIsm");
  return readIsm(look, root, mailbox);
}

function isSame(one: Quorum, other: Quorum): boolean {
  const text = ({ name, validators, threshold, weights }: Quorum) =>
    JSON.stringify([name, validators, threshold, weights ?? null]);
  return text(one) === text(other);
}

function named(text: string, names: ReadonlyMap<number, string>): string {
  return text.replace(/origin (\d+)$/, (all, domain) => names.get(Number(domain)) ?? all);
}

/** Who has announced what, as of now, and what there is to sign. */
export async function lookAtOrigin(
  wire: Wire,
  { merkleTreeHook, blocks, validatorAnnounce }: KnownChain,
  validators: readonly Address[],
): Promise<OriginSight> {
  const head = Number(await wire.send<Hex>("eth_blockNumber"));
  const [tree, [locations]] = await Promise.all([
    readTree(wire, merkleTreeHook, blocks.reorgPeriod),
    new Look(wire, head).call(
      "ValidatorAnnounce",
      validatorAnnounce,
      "getAnnouncedStorageLocations",
      [validators],
    ),
  ]);
  const all = [...(locations as string[][])].map((one) => [...one]);
  return { tree, announced: new Map(validators.map((one, at) => [one, all[at] ?? []])) };
}
