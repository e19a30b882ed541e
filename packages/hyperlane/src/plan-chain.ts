import type { Address } from "@playbook/evm";
import { type ContractName, callOf, NOBODY } from "./contract.ts";
import { Draft, type Proposal, type Step } from "./draft.ts";
import { hasTree, paymastersIn } from "./hook-parts.ts";
import type { Addresses, Change, Desired, Observed, StandingCore, StandingLock } from "./model.ts";
import { placeAccounts } from "./plan-accounts.ts";
import { HookPlanner } from "./plan-hooks.ts";
import { asksMailbox, IsmPlanner } from "./plan-isms.ts";
import { SET_FACTORIES, type SetType } from "./static-set.ts";
import type { LockedCall, Scheduled } from "./timelock.ts";

/** What makes one chain what it shall be. */
export type ChainPlan = {
  chain: string;
  domain: number;
  /** The nonce of the first step; the others follow without a gap. */
  firstNonce: number;
  steps: Step[];
  /** What belongs to others than the signer. */
  proposals: Proposal[];
  changes: Change[];
  /** What a timelock will let be executed later. */
  scheduled: Scheduled[];
  /** All calls that a timelock has to make. */
  locked: LockedCall[];
  /** Where everything is when all of it is done, by the registry's names. */
  addresses: Addresses;
};

/** The factories that a registry lists, by its names. */
export const FACTORIES = {
  staticMerkleRootMultisigIsmFactory: "StaticMerkleRootMultisigIsmFactory",
  staticMessageIdMultisigIsmFactory: "StaticMessageIdMultisigIsmFactory",
  staticAggregationIsmFactory: "StaticAggregationIsmFactory",
  staticAggregationHookFactory: "StaticAggregationHookFactory",
  domainRoutingIsmFactory: "DomainRoutingIsmFactory",
  incrementalDomainRoutingIsmFactory: "IncrementalDomainRoutingIsmFactory",
  staticMerkleRootWeightedMultisigIsmFactory: "StaticMerkleRootWeightedMultisigIsmFactory",
  staticMessageIdWeightedMultisigIsmFactory: "StaticMessageIdWeightedMultisigIsmFactory",
} as const satisfies Record<string, ContractName>;

/**
 * What `signer` has to send, and others have to be asked for, so that a chain is as desired. Pure:
 * the same chain and the same wish make the same plan, and what is as desired makes an empty one.
 */
export function planChain(desired: Desired, observed: Observed, signer: Address): ChainPlan {
  const draft = new Draft(observed, signer, lockOf(desired, observed));
  for (const { subject, from, to } of observed.corrected) draft.differs(subject, from, to);
  const addresses = { ...observed.addresses };
  placeTimelock(draft, desired, addresses);
  const proxyAdmin = placeProxyAdmin(draft, desired, observed.core, addresses);
  for (const [name, contract] of Object.entries(FACTORIES)) {
    addresses[name] ??= draft.create2(contract, []);
  }
  const defaultIsm = placeMailbox(draft, { desired, core: observed.core, addresses, proxyAdmin });
  placeOthers(draft, desired, addresses);
  freeRecipient(draft, observed, defaultIsm);
  const { accounts } = observed;
  addresses.interchainAccountRouter = placeAccounts(draft, {
    ...{ accounts, wish: desired.interchainAccounts, mailbox: addresses.mailbox as Address },
  });
  draft.finish();
  const { steps, proposals, changes, scheduled, locked } = draft;
  const { chain, domain } = desired;
  const done = { steps, proposals, changes, scheduled, locked };
  return { chain, domain, firstNonce: observed.nonce, ...done, addresses };
}

/** The timelock that is there already: a new one owns nothing yet. */
function lockOf({ timelock }: Desired, { addresses }: Observed): StandingLock | undefined {
  const address = addresses.timelockController;
  return timelock && address && { address, ...timelock };
}

function placeTimelock(draft: Draft, { timelock }: Desired, addresses: Addresses): void {
  if (!timelock) return;
  const { delay, proposer, executor } = timelock;
  const roles = [[proposer], [executor], NOBODY];
  addresses.timelockController ??= draft.create("TimelockController", [delay, ...roles]);
}

/** Made by the signer itself: one that a factory makes belongs to the factory for ever. */
function placeProxyAdmin(
  draft: Draft,
  { owner, proxyAdminOwner, timelock }: Desired,
  core: StandingCore | null,
  addresses: Addresses,
): Address {
  const contract = "ProxyAdmin";
  const address = core?.proxyAdmin.address ?? draft.create(contract, []);
  const from = core?.proxyAdmin.owner ?? draft.signer;
  const lock = timelock && addresses.timelockController;
  const to = proxyAdminOwner ?? lock ?? (core ? from : owner);
  if (core && from !== to) draft.differs("proxy admin: owner", from, to);
  draft.handOver(contract, address, from, to);
  addresses.proxyAdmin = address;
  return address;
}

type Placement = {
  desired: Desired;
  core: StandingCore | null;
  addresses: Addresses;
  proxyAdmin: Address;
};

/** The address of the module that its messages are judged by. */
function placeMailbox(draft: Draft, { desired, core, addresses, proxyAdmin }: Placement): Address {
  const factory = (type: SetType) => {
    const name = SET_FACTORIES[type];
    return addresses[`${name[0]?.toLowerCase()}${name.slice(1)}`] as Address;
  };
  const { domain } = desired;
  const isFirst = !core && asksMailbox(desired.defaultIsm);
  const first = isFirst
    ? createMailbox(draft, domain, { proxyAdmin, defaultIsm: proxyAdmin })
    : core?.mailbox;
  const routingFactory = addresses.domainRoutingIsmFactory as Address;
  const isms = new IsmPlanner(draft, { factory, routingFactory, mailbox: first });
  const defaultIsm = isms.place(desired.defaultIsm, core?.defaultIsm, "default ISM");
  const mailbox = first ?? createMailbox(draft, domain, { proxyAdmin, defaultIsm });
  addresses.mailbox = mailbox;

  const [paymaster] = core ? paymastersIn([core.requiredHook, core.defaultHook]) : [];
  const site = { chain: desired.chain, mailbox, proxyAdmin, factory, addresses, paymaster };
  const hooks = new HookPlanner(draft, site);
  const required = hooks.place(desired.requiredHook, core?.requiredHook, "required hook");
  const standard = hooks.place(desired.defaultHook, core?.defaultHook, "default hook");

  const by = core?.owner ?? draft.signer;
  const set = (method: string, subject: string, from: Address | undefined, to: Address) => {
    if (from === to) return;
    if (core) draft.differs(subject, from, to);
    draft.call({ contract: "Mailbox", to: mailbox, method, args: [to], by });
  };
  const former = isFirst ? proxyAdmin : (core?.defaultIsm.address ?? defaultIsm);
  set("setDefaultIsm", "default ISM", former, defaultIsm);
  const setHooks = [
    () => set("setRequiredHook", "required hook", core?.requiredHook.address, required),
    () => set("setDefaultHook", "default hook", core?.defaultHook.address, standard),
  ];
  for (const setHook of core && gainsTree(desired, core) ? setHooks.reverse() : setHooks) setHook();

  if (core && by !== desired.owner) draft.differs("mailbox: owner", by, desired.owner);
  draft.handOver("Mailbox", mailbox, by, desired.owner);
  return defaultIsm;
}

/**
 * Whether the default hook gets the tree: it does before the other loses it, or messages were in
 * none.
 */
function gainsTree({ defaultHook }: Desired, core: StandingCore): boolean {
  return hasTree(defaultHook) && !hasTree(core.defaultHook);
}

/**
 * A mailbox behind a proxy that is initialised as it is made: nobody can do it before us. Its hooks
 * need it, so it begins with a contract that is none in their place, and dispatches nothing; so
 * does a module that asks it, and nothing is delivered until that is there.
 */
function createMailbox(
  draft: Draft,
  domain: number,
  { proxyAdmin, defaultIsm }: { proxyAdmin: Address; defaultIsm: Address },
): Address {
  const implementation = draft.create("Mailbox", [domain]);
  const first = [draft.signer, defaultIsm, proxyAdmin, proxyAdmin];
  const initialize = callOf("Mailbox", "initialize", first);
  const proxy = [implementation, proxyAdmin, initialize];
  return draft.create("TransparentUpgradeableProxy", proxy, first);
}

/**
 * The CLI gives a test recipient the module of the day: a later one judges what is tried with it,
 * too.
 */
function freeRecipient(draft: Draft, { recipient }: Observed, defaultIsm: Address): void {
  if (!recipient || [NOBODY, defaultIsm].includes(recipient.ism)) return;
  const { address: to, owner: by, ism } = recipient;
  draft.differs("test recipient: ISM", ism, "the mailbox's");
  const method = "setInterchainSecurityModule";
  draft.call({ contract: "TestRecipient", to, method, args: [NOBODY], by });
}

/** What stands beside the mailbox. */
function placeOthers(draft: Draft, desired: Desired, addresses: Addresses): void {
  const { permit2 } = desired;
  const { mailbox } = addresses;
  addresses.validatorAnnounce ??= draft.create("ValidatorAnnounce", [mailbox]);
  addresses.testRecipient ??= draft.create("TestRecipient", []);
  if (permit2) addresses.quotedCalls ??= draft.create2("QuotedCalls", [permit2]);
}
