import { type Address, RpcError, saysItFails } from "@playbook/evm";
import { isError } from "ethers";
import type { ContractName } from "./contract.ts";
import { Look, type Wire } from "./look.ts";

type Placed = { mailbox?: Address; validatorAnnounce?: Address; testRecipient?: Address };

/** An address in a registry that is not what it is listed as; `why` follows its name. */
export type Misplaced = { name: string; why: string };

/**
 * The first of the addresses that messages depend on behind which is something else, by what
 * answers there: its code may be of any version. Undefined when all are well.
 */
export async function misplaced(
  wire: Wire,
  domain: number,
  { mailbox, validatorAnnounce, testRecipient }: Placed,
): Promise<Misplaced | undefined> {
  const look = new Look(wire, Number(await wire.send<string>("eth_blockNumber")));
  const flaws = await Promise.all([
    mailbox && flawOfMailbox(look, mailbox, domain),
    validatorAnnounce && flawOfAnnounce(look, validatorAnnounce, mailbox),
    testRecipient && flawOfCode(look, testRecipient),
  ]);
  const names = ["mailbox", "validatorAnnounce", "testRecipient"];
  const at = flaws.findIndex((flaw) => flaw !== undefined);
  const why = flaws[at];
  return why === undefined ? undefined : { name: names[at] ?? "", why };
}

async function flawOfMailbox(look: Look, mailbox: Address, domain: number) {
  const flaw = await flawOfCode(look, mailbox);
  if (flaw) return flaw;
  const found = await answer<bigint>(look, "Mailbox", mailbox, "localDomain");
  if (found === undefined) return `${mailbox} is no mailbox.`;
  return Number(found) === domain ? undefined : `${mailbox} is a mailbox of domain ${found}.`;
}

async function flawOfAnnounce(look: Look, address: Address, mailbox: Address | undefined) {
  const flaw = await flawOfCode(look, address);
  if (flaw) return flaw;
  const served = await answer<Address>(look, "ValidatorAnnounce", address, "mailbox");
  if (served === undefined) return `${address} serves no mailbox.`;
  return served === mailbox ? undefined : `${address} serves the mailbox ${served}.`;
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
