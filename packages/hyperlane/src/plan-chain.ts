import type { Address } from "@playbook/evm";
import { type ContractName, callOf, NOBODY } from "./contract.ts";
import { type Change, Draft, type Proposal, type Step } from "./draft.ts";
import { paymastersIn } from "./hook-parts.ts";
import type { Addresses, Desired, Observed, StandingCore } from "./model.ts";
import { placeAccounts } from "./plan-accounts.ts";
import { HookPlanner } from "./plan-hooks.ts";
import { asksMailbox, IsmPlanner } from "./plan-isms.ts";
import { SET_FACTORIES, type SetType } from "./static-set.ts";

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
  const draft = new Draft(observed, signer);
  const addresses = { ...observed.addresses };
  placeTimelock(draft, desired, addresses);
  const proxyAdmin = placeProxyAdmin(draft, desired, observed.core, addresses);
  for (const [name, contract] of Object.entries(FACTORIES)) {
    addresses[name] ??= draft.create2(contract, []);
  }
  placeMailbox(draft, { desired, core: observed.core, addresses, proxyAdmin });
  placeOthers(draft, desired, addresses);
  const { accounts } = observed;
  addresses.interchainAccountRouter = placeAccounts(draft, {
    ...{ accounts, wish: desired.interchainAccounts, mailbox: addresses.mailbox as Address },
  });
  draft.finish();
  const { steps, proposals, changes } = draft;
  const { chain, domain } = desired;
  return { chain, domain, firstNonce: observed.nonce, steps, proposals, changes, addresses };
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

function placeMailbox(draft: Draft, { desired, core, addresses, proxyAdmin }: Placement): void {
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
  set("setRequiredHook", "required hook", core?.requiredHook.address, required);
  set("setDefaultHook", "default hook", core?.defaultHook.address, standard);

  if (core && by !== desired.owner) draft.differs("mailbox: owner", by, desired.owner);
  draft.handOver("Mailbox", mailbox, by, desired.owner);
}

/**
 * A mailbox behind a proxy that is initialised as it is made: nobody can do it before us. Its hooks
 * need it, so it begins with a contract that is none in their place, and dispatches nothing; so does
 * a module that asks it, and nothing is delivered until that is there.
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

/** What stands beside the mailbox. */
function placeOthers(draft: Draft, desired: Desired, addresses: Addresses): void {
  const { permit2 } = desired;
  const { mailbox } = addresses;
  addresses.validatorAnnounce ??= draft.create("ValidatorAnnounce", [mailbox]);
  addresses.testRecipient ??= draft.create("TestRecipient", []);
  if (permit2) addresses.quotedCalls ??= draft.create2("QuotedCalls", [permit2]);
}
