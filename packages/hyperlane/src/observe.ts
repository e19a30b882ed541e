import { ActionError } from "@playbook/action";
import type { Address, Hex } from "@playbook/evm";
import { beginningOf } from "./beginning.ts";
import { treeAmong } from "./chain-state.ts";
import { DEPLOYER, everywhere } from "./deployer.ts";
import { type Asked, askedIn, partsOf, paymastersIn } from "./hook-parts.ts";
import { modulesOf } from "./ism-parts.ts";
import { verified, wrongContract } from "./listed.ts";
import { Look, type Wire } from "./look.ts";
import type {
  Addresses,
  Change,
  Desired,
  Hook,
  Ism,
  Observed,
  StandingCore,
  StandingRecipient,
} from "./model.ts";
import { FACTORIES, planChain } from "./plan-chain.ts";
import { readAccounts } from "./read-accounts.ts";
import { readClaimed } from "./read-claimed.ts";
import { readHook } from "./read-hooks.ts";
import { readIsm } from "./read-isms.ts";
import { NO_SPARES, readSpares } from "./read-spares.ts";
import { checkTimelock, readOperations } from "./read-timelock.ts";
import { assertRunsThem } from "./trial.ts";

/** The usual factory's whole code. */
const DEPLOYER_CODE =
  "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";

/**
 * What a chain has of a wish, all of it read in one block. `known` says where to look, and is not
 * believed: throws `wrong-contract` for what is something else, `other-version` for what is not of
 * the version that is known here, and `other-router` or `other-timelock` for what cannot become
 * what is wished for.
 */
export async function observe(
  wire: Wire,
  { desired, signer, known }: { desired: Desired; signer: Address; known: Addresses },
): Promise<Observed> {
  const look = new Look(wire, Number(await wire.send<Hex>("eth_blockNumber")));
  const { chain } = desired;
  const [nonce, addresses, standing] = await Promise.all([
    look.nonce(signer),
    verified(look, desired, known),
    thoseStanding(look, everywhereOf(desired)),
  ]);
  const { mailbox, interchainAccountRouter: router, testRecipient } = addresses;
  const [core, accounts, recipient] = await Promise.all([
    mailbox
      ? readCore(look, { chain, mailbox, listed: addresses.proxyAdmin }, askedIn(desired))
      : null,
    router ? readAccounts(look, router, desired.interchainAccounts) : null,
    testRecipient ? readRecipient(look, testRecipient) : null,
    assertCodes(look, desired),
  ]);
  if (!core) await assertRunsThem(look, chain);
  const corrected = core ? correct(addresses, core) : [];
  const upgrader = core?.proxyAdmin.owner;
  if (upgrader && (await look.is("TimelockController", upgrader))) {
    addresses.timelockController ??= upgrader;
  }
  const { timelockController } = addresses;
  if (timelockController && desired.timelock) {
    await checkTimelock(look, timelockController, desired.timelock);
  }

  const { block } = look;
  const claimed = await readClaimed(look, desired, core);
  const found = { core, accounts, recipient, corrected, claimed };
  const seen = { chain, block, nonce, addresses, standing, ...found };
  const first = { ...seen, spares: NO_SPARES, operations: new Map() };
  return complete(look, first, { desired, signer });
}

/** With what only a first plan says has to be looked at. */
async function complete(
  look: Look,
  first: Observed,
  { desired, signer }: { desired: Desired; signer: Address },
): Promise<Observed> {
  const { core, nonce, addresses } = first;
  const draft = planChain(desired, first, signer);
  const spares =
    core && draft.steps.some(({ kind }) => kind === "create")
      ? await readSpares(look, { desired, signer, nonce, core, addresses })
      : NO_SPARES;
  const spared = { ...first, spares };
  const { steps, locked } = planChain(desired, spared, signer);
  const made = steps.filter(({ kind }) => kind === "create2").flatMap(({ creates }) => creates);
  const [sets, operations] = await Promise.all([
    thoseStanding(
      look,
      made.map(({ address }) => address),
    ),
    readOperations(look, addresses.timelockController, locked),
  ]);
  return { ...spared, standing: new Set([...first.standing, ...sets]), operations };
}

/**
 * The registry's names for what the mailbox's hooks have: the chain is right. What was listed else.
 */
function correct(addresses: Addresses, core: StandingCore): Change[] {
  const hooks = [core.requiredHook, core.defaultHook];
  const used = {
    merkleTreeHook: treeAmong(hooks),
    interchainGasPaymaster: paymastersIn(hooks)[0]?.address,
  };
  return Object.entries(used).flatMap(([name, to]): Change[] => {
    const from = addresses[name];
    if (!to || from === to) return [];
    addresses[name] = to;
    return from ? [{ subject: `registry: ${name}`, from, to }] : [];
  });
}

async function readRecipient(look: Look, address: Address): Promise<StandingRecipient> {
  const [owner, ism] = await Promise.all([
    look.value<Address>("TestRecipient", address, "owner"),
    look.value<Address>("TestRecipient", address, "interchainSecurityModule"),
  ]);
  return { address, owner, ism };
}

/** Throws `no-contract` where a module or hook is wished by an address that nothing answers at. */
async function assertCodes(look: Look, desired: Desired): Promise<void> {
  const codes = await Promise.all(
    foreignIn(desired).map(async (one) => [one, await look.code(one)]),
  );
  const [missing] = codes.find(([, code]) => code === "0x") ?? [];
  if (!missing) return;
  throw new ActionError("no-contract", {
    what: `The core config of ${desired.chain} has the address ${missing}, where no contract is.`,
    why: "A mailbox that asks it would take no message.",
    next: "Correct the address, or write what shall be deployed in its place.",
  });
}

/** Modules and hooks that are named by their addresses. */
function foreignIn({ defaultIsm, defaultHook, requiredHook }: Desired): Address[] {
  const isms = (ism: Ism): Address[] =>
    ism.type === "foreign" ? [ism.address] : modulesOf(ism).flatMap(isms);
  const hooks = (hook: Hook): Address[] =>
    hook.type === "foreign" ? [hook.address] : partsOf(hook).flatMap(hooks);
  return [...isms(defaultIsm), ...[defaultHook, requiredHook].flatMap(hooks)];
}

function everywhereOf({ permit2 }: Desired): Address[] {
  const factories = Object.values(FACTORIES).map((contract) => everywhere(contract, []));
  return [...factories, ...(permit2 ? [everywhere("QuotedCalls", [permit2])] : [])];
}

/** Which of the addresses have code; the factory of all, if it is the usual one. */
async function thoseStanding(look: Look, addresses: Address[]): Promise<Set<Address>> {
  const [deployer, ...codes] = await Promise.all(
    [DEPLOYER, ...addresses].map((one) => look.code(one)),
  );
  const there = addresses.filter((_, at) => codes[at] !== "0x");
  return new Set(deployer === DEPLOYER_CODE ? [DEPLOYER, ...there] : there);
}

type Listing = { chain: string; mailbox: Address; listed: Address | undefined };

async function readCore(look: Look, listing: Listing, asked: Asked): Promise<StandingCore> {
  const { mailbox } = listing;
  const proxyAdmin = await readProxyAdmin(look, listing);
  const value = (method: string) => look.value<Address>("Mailbox", mailbox, method);
  const [owner, defaultIsm, defaultHook, requiredHook] = await Promise.all([
    value("owner"),
    value("defaultIsm").then((at) => readIsm(look, at, mailbox)),
    value("defaultHook").then((at) => readHook(look, at, mailbox, asked)),
    value("requiredHook").then((at) => readHook(look, at, mailbox, asked)),
  ]);
  const since = await beginningOf(look, mailbox, treeAmong([requiredHook, defaultHook]));
  return { mailbox, since, owner, proxyAdmin, defaultIsm, defaultHook, requiredHook };
}

/** Who can upgrade the mailbox. Throws `other-proxy-admin` where it is not who is known. */
async function readProxyAdmin(
  look: Look,
  { chain, mailbox, listed }: Listing,
): Promise<StandingCore["proxyAdmin"]> {
  const proxy = await look.proxy(mailbox);
  if (!proxy) throw wrongContract(chain, "mailbox", `${mailbox} is not behind Hyperlane's proxy.`);
  const { admin: address } = proxy;
  if (listed !== undefined && listed !== address) {
    throw otherProxyAdmin(chain, address, `The registry lists ${listed}.`);
  }
  if (!(await look.is("ProxyAdmin", address))) {
    throw otherProxyAdmin(chain, address, "That is no ProxyAdmin.");
  }
  return { address, owner: await look.value<Address>("ProxyAdmin", address, "owner") };
}

function otherProxyAdmin(chain: string, address: Address, why: string): ActionError {
  return new ActionError("other-proxy-admin", {
    what:
      `The mailbox on ${chain} can be upgraded by ${address}, ` +
      "and not by whom the registry says.",
    why,
    next:
      "Find out who has handed it over, before anything else. If " +
      "it was meant, write it as proxyAdmin.",
  });
}
