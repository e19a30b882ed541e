import { ActionError } from "@playbook/action";
import { type Address, unlessRefused } from "@playbook/evm";
import { type ContractName, NOBODY, VERSION } from "./contract.ts";
import type { Look } from "./look.ts";
import { implementationOf } from "./minimal-proxy.ts";
import type { Addresses, Desired } from "./model.ts";
import { FACTORIES } from "./plan-chain.ts";
import { MINIMAL_ROUTER, ROUTER } from "./read-accounts.ts";

/** Contracts that a registry lists, by its names. */
export const LISTED: Readonly<Record<string, ContractName | readonly ContractName[]>> = {
  ...FACTORIES,
  mailbox: "Mailbox",
  proxyAdmin: "ProxyAdmin",
  validatorAnnounce: "ValidatorAnnounce",
  interchainAccountRouter: [ROUTER, MINIMAL_ROUTER],
  testRecipient: "TestRecipient",
  quotedCalls: "QuotedCalls",
  merkleTreeHook: "MerkleTreeHook",
  interchainGasPaymaster: "InterchainGasPaymaster",
  storageGasOracle: "StorageGasOracle",
  timelockController: "TimelockController",
};

/** Those that serve one mailbox only, and say which. */
const CLIENTS = ["validatorAnnounce", "interchainAccountRouter", "merkleTreeHook"];

/** The one whose clones are told what they begin with by us, so that it matters what they obey. */
const CLONER = "domainRoutingIsmFactory";

/** The listed contracts that are what they are listed as. */
export async function verified(
  look: Look,
  { chain, domain }: Desired,
  known: Addresses,
): Promise<Addresses> {
  const listed = Object.entries(known).filter(
    (entry): entry is [string, Address] =>
      entry[0] in LISTED && entry[1] !== undefined && entry[1] !== NOBODY,
  );
  const { mailbox } = known;
  const all = await Promise.all(
    listed.map(async ([name, address]) => {
      return { name, address, flaw: await flawOf(look, name, { address, mailbox, domain }) };
    }),
  );
  const flawed = all.filter(({ flaw }) => flaw !== undefined);
  // Of a core of another version the mailbox says the most.
  const first = flawed.find(({ name }) => name === "mailbox") ?? flawed[0];
  if (!first) return Object.fromEntries(listed);
  const { name, address, flaw } = first;
  await assertVersion(look, address, { chain, name });
  throw wrongContract(chain, name, `${address} ${flaw}.`);
}

/** Throws `other-version` for what says that it is of one. */
async function assertVersion(
  look: Look,
  address: Address,
  { chain, name }: { chain: string; name: string },
): Promise<void> {
  const asked = look.value<string>("Mailbox", address, "PACKAGE_VERSION");
  const version = await asked.catch(unlessRefused);
  if (version === undefined || version === VERSION) return;
  throw new ActionError("other-version", {
    what:
      `What the registry calls ${name} on ${chain} is of version ` +
      `${version} of Hyperlane's contracts.`,
    why:
      `${address} has other code than that of ${VERSION}, ` +
      "which is the version that is known here.",
    next:
      "Go on there with the official CLI, and take out the chain's core config, or name the " +
      "other chains in the input `chains`. Its folder may stay in the registry.",
  });
}

type Listed = { address: Address; mailbox: Address | undefined; domain: number };

async function flawOf(
  look: Look,
  name: string,
  { address, mailbox, domain }: Listed,
): Promise<string | undefined> {
  if ((await look.code(address)) === "0x") return "has no code";
  const expected = [LISTED[name] ?? []].flat();
  const proxy = await look.proxy(address);
  const contract = await look.which(proxy?.implementation ?? address, expected);
  if (!contract) return `has other code than ${expected.join(" and ")}`;
  if (name === CLONER) {
    const cloned = implementationOf(address);
    return (await look.is("DomainRoutingIsm", cloned))
      ? undefined
      : `clones ${cloned}, which is no DomainRoutingIsm`;
  }
  if (CLIENTS.includes(name)) {
    const served = await look.value<Address>(contract, address, "mailbox");
    if (served === mailbox) return undefined;
    return (
      "serves the mailbox " +
      `${served}${mailbox ? "" : ", and the registry lists no mailbox: add it"}`
    );
  }
  if (name !== "mailbox") return undefined;
  const found = Number(await look.value<bigint>(contract, address, "localDomain"));
  return found === domain ? undefined : `is a mailbox of domain ${found}`;
}

export function wrongContract(chain: string, name: string, why: string): ActionError {
  return new ActionError("wrong-contract", {
    what: `What the registry calls ${name} on ${chain} is another contract.`,
    why,
    next: "Correct the address in the registry, or take it out: what is missing is deployed anew.",
  });
}
