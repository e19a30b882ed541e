import type { Address, Hex } from "@playbook/evm";
import { newestPlace } from "./announcement.ts";
import { NOBODY } from "./contract.ts";
import { partsOf } from "./hook-parts.ts";
import { Look, type Wire } from "./look.ts";
import { rootOf, type Tree } from "./merkle-tree.ts";
import type { StandingHook, StandingIsm } from "./model.ts";
import { readHook } from "./read-hooks.ts";
import { readIsm } from "./read-isms.ts";

/** What a chain does with messages, as of one block. */
export type MailboxState = {
  defaultIsm: StandingIsm;
  /** The default and the required one. */
  hooks: StandingHook[];
};

/** The tree that validators sign, as they see it; root and index of its newest message. */
export type TreeState = { root: Hex; index: number; tree: Tree } | null;

/** What messages are judged by, and what they pass on their way out. */
export async function readMailbox(wire: Wire, mailbox: Address): Promise<MailboxState> {
  const look = new Look(wire, await headOf(wire));
  const value = (method: string) => look.value<Address>("Mailbox", mailbox, method);
  const [ism, ...hooks] = await Promise.all([
    value("defaultIsm"),
    value("defaultHook"),
    value("requiredHook"),
  ]);
  const [defaultIsm, ...read] = await Promise.all([
    readIsm(look, ism, mailbox),
    ...hooks.map((hook) => readHook(look, hook, mailbox)),
  ]);
  return { defaultIsm, hooks: read as StandingHook[] };
}

/** The tree as far back as a reorg period wants it; null before the first message. */
export async function readTree(
  wire: Wire,
  merkleTreeHook: Address,
  reorgPeriod: number | string = 1,
): Promise<TreeState> {
  const block = await settled(wire, reorgPeriod);
  const look = new Look(wire, block);
  if ((await look.code(merkleTreeHook)) === "0x") return null;
  const [[branch, count]] = await look.call("MerkleTreeHook", merkleTreeHook, "tree");
  const tree = { branch: [...branch], count: Number(count) };
  return tree.count === 0 ? null : { root: rootOf(tree), index: tree.count - 1, tree };
}

/** How many messages a merkle tree hook has taken, as of the newest block. */
export async function countLeaves(wire: Wire, merkleTreeHook: Address): Promise<number> {
  const look = new Look(wire, await headOf(wire));
  if ((await look.code(merkleTreeHook)) === "0x") return 0;
  return Number(await look.value<bigint>("MerkleTreeHook", merkleTreeHook, "count"));
}

/** Where each validator says that its signatures are: the last place that relayers look at. */
export async function readAnnounced(
  wire: Wire,
  validatorAnnounce: Address,
  validators: readonly Address[],
): Promise<Map<Address, string>> {
  const look = new Look(wire, await headOf(wire));
  const [locations] = await look.call(
    "ValidatorAnnounce",
    validatorAnnounce,
    "getAnnouncedStorageLocations",
    [validators],
  );
  const last = [...(locations as string[][])].map((all) => newestPlace(all) ?? [...all].at(-1));
  return new Map(
    validators.flatMap((one, at): [Address, string][] => {
      const place = last[at];
      return place === undefined ? [] : [[one, place]];
    }),
  );
}

/** The hooks that let nothing pass, or nothing to some destination. */
export function pausedHooks(hooks: readonly StandingHook[]): Address[] {
  return hooks.flatMap((hook) => {
    if (hook.type === "pausableHook") return hook.paused ? [hook.address] : [];
    return pausedHooks(partsOf(hook));
  });
}

/** The hooks, wherever they are, of which nobody knows what they do. */
export function foreignHooks(hooks: readonly StandingHook[]): Address[] {
  return hooks.flatMap((hook) =>
    hook.type === "foreign" ? [hook.address] : foreignHooks(partsOf(hook)),
  );
}

/** The merkle tree hook that a mailbox's messages pass; undefined where there is none. */
export function treeAmong(hooks: readonly StandingHook[]): Address | undefined {
  const found = hooks.map((hook) => {
    return hook.type === "merkleTreeHook" ? hook.address : treeAmong(partsOf(hook));
  });
  return found.find((address) => address !== undefined && address !== NOBODY);
}

/**
 * Whether messages to a destination come into a merkle tree by one of these hooks; null where that
 * is not known, or the amount in a message decides.
 */
export function entersTree(hooks: readonly StandingHook[], destination: number): boolean | null {
  const said = hooks.map((hook) => putsIntoTree(hook, destination));
  if (said.includes(true)) return true;
  return said.includes(null) ? null : false;
}

function putsIntoTree(hook: StandingHook, destination: number): boolean | null {
  switch (hook.type) {
    case "merkleTreeHook":
      return true;
    case "foreign":
      return null;
    case "domainRoutingHook":
    case "fallbackRoutingHook": {
      const way = hook.ways.find(({ domain }) => domain === destination)?.hook;
      const next = way ?? ("fallback" in hook ? hook.fallback : undefined);
      return next ? putsIntoTree(next, destination) : false;
    }
    case "amountRoutingHook": {
      const [lower, upper] = partsOf(hook).map((one) => putsIntoTree(one, destination));
      return lower === upper ? (lower ?? null) : null;
    }
    default:
      return entersTree(partsOf(hook), destination);
  }
}

async function headOf(wire: Wire): Promise<number> {
  return Number(await wire.send<Hex>("eth_blockNumber"));
}

/** The newest block that validators look at: what is newer may be taken back. */
export async function settled(
  wire: Wire,
  reorgPeriod: number | string,
  head?: number,
): Promise<number> {
  const depth = Number(reorgPeriod);
  if (!Number.isNaN(depth)) return Math.max(0, (head ?? (await headOf(wire))) - depth);
  const tag = String(reorgPeriod);
  const block = await wire.send<{ number: Hex } | null>("eth_getBlockByNumber", tag, false);
  return Number(block?.number ?? 0);
}
