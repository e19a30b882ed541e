import type { Address } from "@playbook/evm";
import { getCreateAddress } from "ethers";
import { type ContractName, NOBODY } from "./contract.ts";
import type { Draft } from "./draft.ts";
import type { DesiredAccounts, StandingAccounts } from "./model.ts";
import { MINIMAL_ROUTER, ROUTER } from "./read-accounts.ts";

const SUBJECT = "interchain accounts";

/** Gas that the router asks for with a commitment, as the CLI sets it. */
const COMMITMENT_GAS = 50_000;

type Placement = { accounts: StandingAccounts | null; wish: DesiredAccounts; mailbox: Address };

/**
 * The router of interchain accounts: a new one, or the one that is there, of whatever kind, with
 * what it lacks.
 */
export function placeAccounts(draft: Draft, { accounts, wish, mailbox }: Placement): Address {
  if (accounts) {
    change(draft, wish, accounts, true);
    return accounts.address;
  }
  const { initial } = wish;
  // What its owner alone can do is done before it is handed over.
  const owner = isWhole(wish) ? initial.owner : draft.signer;
  const made = wish.isMinimal ? createMinimal : createRegular;
  const router = made(draft, { mailbox, owner, urls: initial.commitments.urls });
  change(draft, { ...wish, ...initial }, { ...router, owner, remotes: [], approvals: [] }, false);
  return router.address;
}

/** Whether a new router is as wished when it is made. */
function isWhole({ isMinimal, remotes, approvals, initial }: DesiredAccounts): boolean {
  const isCommitted = isMinimal || initial.commitments.owner === initial.owner;
  return isCommitted && !remotes?.length && approvals.length === 0;
}

type Making = { mailbox: Address; owner: Address; urls: string[] };
type Made = Pick<StandingAccounts, "address" | "commitments">;

function createMinimal(draft: Draft, { mailbox, owner }: Making): Made {
  const address = draft.create(MINIMAL_ROUTER, [mailbox, NOBODY, owner]);
  return { address, commitments: null };
}

function createRegular(draft: Draft, { mailbox, owner, urls }: Making): Made {
  const address = draft.create(ROUTER, [mailbox, NOBODY, owner, COMMITMENT_GAS, urls]);
  // The router makes it, for its own first owner.
  const reader = getCreateAddress({ from: address, nonce: 1 }) as Address;
  return { address, commitments: { address: reader, owner, urls } };
}

function change(
  draft: Draft,
  { owner, commitments, remotes, approvals }: DesiredAccounts,
  standing: StandingAccounts,
  told: boolean,
): void {
  const tell = (what: string, from: unknown, wished: unknown) => {
    if (told) draft.differs(`${SUBJECT}: ${what}`, from, wished);
  };
  if (remotes) changeRemotes(draft, remotes, standing, tell);
  approve(draft, approvals, standing, tell);
  if (standing.commitments) changeCommitments(draft, commitments, standing.commitments, tell);

  const heir = owner ?? standing.owner;
  if (heir !== standing.owner) tell("owner", standing.owner, heir);
  draft.handOver(contractOf(standing), standing.address, standing.owner, heir);
}

type Tell = (what: string, from: unknown, wished: unknown) => void;

const contractOf = ({ commitments }: StandingAccounts): ContractName =>
  commitments ? ROUTER : MINIMAL_ROUTER;

function approve(
  draft: Draft,
  wish: DesiredAccounts["approvals"],
  standing: StandingAccounts,
  tell: Tell,
): void {
  const { address: to, owner: by, approvals } = standing;
  const missing = wish.filter(
    ({ token, hook }) => !approvals.some((one) => one.token === token && one.hook === hook),
  );
  for (const { token, hook } of missing) {
    tell(`fees in ${token}`, "not approved", `taken by ${hook}`);
    const call = { method: "approveFeeTokenForHook", args: [token, hook] };
    draft.call({ contract: contractOf(standing), to, by, ...call });
  }
}

function changeCommitments(
  draft: Draft,
  wish: DesiredAccounts["commitments"],
  { address: to, urls, owner: by }: NonNullable<StandingAccounts["commitments"]>,
  tell: Tell,
): void {
  const contract = "CommitmentReadIsm";
  if (wish.urls && String(wish.urls) !== String(urls)) {
    tell("commitment URLs", urls.join(", "), wish.urls.join(", "));
    draft.call({ contract, to, method: "setUrls", args: [wish.urls], by });
  }
  const next = wish.owner ?? by;
  if (next !== by) tell("commitment ISM's owner", by, next);
  draft.handOver(contract, to, by, next);
}

function changeRemotes(
  draft: Draft,
  wish: NonNullable<DesiredAccounts["remotes"]>,
  standing: StandingAccounts,
  tell: Tell,
): void {
  const { address: to, owner: by, remotes } = standing;
  const contract = contractOf(standing);
  const old = new Map(remotes.map(({ domain, router }) => [domain, router]));
  const moved = wish.filter(({ domain, router }) => old.get(domain) !== router);
  const gone = remotes.filter(({ domain }) => !wish.some((one) => one.domain === domain));
  for (const { domain, router } of moved) {
    tell(`router on ${domain}`, old.get(domain) ?? "none", router);
  }
  for (const { domain, router } of gone) tell(`router on ${domain}`, router, "none");
  const call = { contract, to, by } as const;
  draft.calls({ ...call, method: "enrollRemoteRouters" }, moved, (some) => [
    some.map(({ domain }) => domain),
    some.map(({ router }) => router),
  ]);
  draft.calls({ ...call, method: "unenrollRemoteRouters" }, gone, (some) => [
    some.map(({ domain }) => domain),
  ]);
}
