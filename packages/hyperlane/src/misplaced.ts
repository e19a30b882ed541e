import { type Address, RpcError, saysItFails } from "@playbook/evm";
import { isError } from "ethers";
import { type ContractName, NOBODY } from "./contract.ts";
import { partsOf } from "./hook-parts.ts";
import { Look, type Wire } from "./look.ts";
import type { StandingHook } from "./model.ts";
import { readHook } from "./read-hooks.ts";

type Placed = {
  mailbox?: Address;
  validatorAnnounce?: Address;
  merkleTreeHook?: Address;
  interchainGasPaymaster?: Address;
  testRecipient?: Address;
};

/** An address in a registry that is not what it is listed as; `why` follows its name. */
export type Misplaced = { name: string; why: string };

/**
 * The first of the addresses that messages depend on behind which is something else, by what
 * answers there: its code may be of any version. Undefined when all are well.
 */
export async function misplaced(
  wire: Wire,
  domain: number,
  placed: Placed,
): Promise<Misplaced | undefined> {
  const { mailbox, validatorAnnounce, merkleTreeHook, testRecipient } = placed;
  const paymaster = placed.interchainGasPaymaster;
  const look = new Look(wire, Number(await wire.send<string>("eth_blockNumber")));
  const flaws = await Promise.all([
    mailbox && flawOfMailbox(look, mailbox, domain),
    validatorAnnounce && flawOfClient(look, "ValidatorAnnounce", validatorAnnounce, mailbox),
    merkleTreeHook && flawOfClient(look, "MerkleTreeHook", merkleTreeHook, mailbox),
    // Agents want an address of one, and are given this where there is none.
    paymaster && paymaster !== NOBODY ? flawOfPaymaster(look, paymaster) : undefined,
    testRecipient && flawOfCode(look, testRecipient),
  ]);
  const at = flaws.findIndex((flaw) => flaw !== undefined);
  const why = flaws[at];
  return why === undefined ? undefined : { name: NAMES[at] ?? "", why };
}

const NAMES = [
  "mailbox",
  "validatorAnnounce",
  "merkleTreeHook",
  "interchainGasPaymaster",
  "testRecipient",
];

/**
 * Whether the tree that agents are told of is that of the mailbox's messages: validators would sign
 * another one. Undefined where it is, and where a hook that is not known may have it.
 */
export async function misplacedTree(
  wire: Wire,
  { mailbox, merkleTreeHook }: { mailbox: Address; merkleTreeHook: Address },
): Promise<Misplaced | undefined> {
  const look = new Look(wire, Number(await wire.send<string>("eth_blockNumber")));
  const read = ["defaultHook", "requiredHook"].map(async (method) => {
    return readHook(look, await look.value<Address>("Mailbox", mailbox, method), mailbox);
  });
  const hooks = (await Promise.all(read)).flatMap(withParts);
  const trees = hooks.filter(({ type }) => type === "merkleTreeHook");
  const isRight = trees.length === 0 || trees.some(({ address }) => address === merkleTreeHook);
  if (isRight || hooks.some(({ type }) => type === "foreign")) return undefined;
  const why = `${merkleTreeHook} is none of the mailbox's hooks: its tree is ${trees[0]?.address}.`;
  return { name: "merkleTreeHook", why };
}

function withParts(hook: StandingHook): StandingHook[] {
  return [hook, ...partsOf(hook).flatMap(withParts)];
}

async function flawOfMailbox(look: Look, mailbox: Address, domain: number) {
  const flaw = await flawOfCode(look, mailbox);
  if (flaw) return flaw;
  const found = await answer<bigint>(look, "Mailbox", mailbox, "localDomain");
  if (found === undefined) return `${mailbox} is no mailbox.`;
  return Number(found) === domain ? undefined : `${mailbox} is a mailbox of domain ${found}.`;
}

async function flawOfClient(
  look: Look,
  contract: "ValidatorAnnounce" | "MerkleTreeHook",
  address: Address,
  mailbox: Address | undefined,
) {
  const flaw = await flawOfCode(look, address);
  if (flaw) return flaw;
  const served = await answer<Address>(look, contract, address, "mailbox");
  if (served === undefined) return `${address} serves no mailbox.`;
  if (served !== mailbox) return `${address} serves the mailbox ${served}.`;
  if (contract === "ValidatorAnnounce") return undefined;
  const count = await answer<bigint>(look, contract, address, "count");
  return count === undefined ? `${address} is no merkle tree hook.` : undefined;
}

/** Of the types of hooks, as contracts of all versions number them. */
const PAYMASTER = 4n;

async function flawOfPaymaster(look: Look, address: Address) {
  const flaw = await flawOfCode(look, address);
  if (flaw) return flaw;
  const type = await answer<bigint>(look, "InterchainGasPaymaster", address, "hookType");
  return type === PAYMASTER ? undefined : `${address} is no gas paymaster.`;
}

async function flawOfCode(look: Look, address: Address) {
  return (await look.code(address)) === "0x" ? `${address} has no code.` : undefined;
}

/** What a contract answers; undefined where it knows no such question. */
async function answer<Value>(
  look: Look,
  contract: ContractName,
  address: Address,
  method: string,
): Promise<Value | undefined> {
  try {
    return await look.value<Value>(contract, address, method);
  } catch (error) {
    if (error instanceof RpcError && saysItFails(error)) return undefined;
    if (isError(error, "BAD_DATA") || isError(error, "BUFFER_OVERRUN")) return undefined;
    throw error;
  }
}
