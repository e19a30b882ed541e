import type { Address } from "@playbook/evm";
import { getCreateAddress } from "ethers";
import { NOBODY } from "./contract.ts";
import type { Draft } from "./draft.ts";
import type { DesiredAccounts, StandingAccounts } from "./model.ts";

const ROUTER = "InterchainAccountRouter";
const SUBJECT = "interchain accounts";

/** Gas that the router asks for with a commitment, as the CLI sets it. */
const COMMITMENT_GAS = 50_000;

type Placement = { accounts: StandingAccounts | null; wish: DesiredAccounts; mailbox: Address };

/** The router of interchain accounts: a new one, or the one that is there with what it lacks. */
export function placeAccounts(draft: Draft, { accounts, wish, mailbox }: Placement): Address {
  if (accounts) {
    change(draft, wish, accounts, true);
    return accounts.address;
  }
  const { initial, remotes } = wish;
  // What its owner alone can do is done before it is handed over.
  const isWhole = !remotes?.length && initial.commitments.owner === initial.owner;
  const owner = isWhole ? initial.owner : draft.signer;
  const { urls } = initial.commitments;
  const address = draft.create(ROUTER, [mailbox, NOBODY, owner, COMMITMENT_GAS, urls]);
  // The router makes it, for its own first owner.
  const reader = getCreateAddress({ from: address, nonce: 1 }) as Address;
  const commitments = { address: reader, owner, urls };
  change(
    draft,
    { ...initial, initial, remotes },
    { address, owner, remotes: [], commitments },
    false,
  );
  return address;
}

function change(
  draft: Draft,
  { owner, commitments, remotes }: DesiredAccounts,
  standing: StandingAccounts,
  told: boolean,
): void {
  const tell = (what: string, from: unknown, wished: unknown) => {
    if (told) draft.differs(`${SUBJECT}: ${what}`, from, wished);
  };
  if (remotes) changeRemotes(draft, remotes, standing, tell);

  const { address: reader, urls, owner: by } = standing.commitments;
  if (commitments.urls && String(commitments.urls) !== String(urls)) {
    tell("commitment URLs", urls.join(", "), commitments.urls.join(", "));
    const args = [commitments.urls];
    draft.call({ contract: "CommitmentReadIsm", to: reader, method: "setUrls", args, by });
  }
  const next = commitments.owner ?? by;
  if (next !== by) tell("commitment ISM's owner", by, next);
  draft.handOver("CommitmentReadIsm", reader, by, next);

  const heir = owner ?? standing.owner;
  if (heir !== standing.owner) tell("owner", standing.owner, heir);
  draft.handOver(ROUTER, standing.address, standing.owner, heir);
}

type Tell = (what: string, from: unknown, wished: unknown) => void;

function changeRemotes(
  draft: Draft,
  wish: NonNullable<DesiredAccounts["remotes"]>,
  { address: to, owner: by, remotes }: StandingAccounts,
  tell: Tell,
): void {
  const old = new Map(remotes.map(({ domain, router }) => [domain, router]));
  const moved = wish.filter(({ domain, router }) => old.get(domain) !== router);
  const gone = remotes.filter(({ domain }) => !wish.some((one) => one.domain === domain));
  for (const { domain, router } of moved) {
    tell(`router on ${domain}`, old.get(domain) ?? "none", router);
  }
  for (const { domain, router } of gone) tell(`router on ${domain}`, router, "none");
  if (moved.length > 0) {
    const args = [moved.map(({ domain }) => domain), moved.map(({ router }) => router)];
    draft.call({ contract: ROUTER, to, method: "enrollRemoteRouters", args, by });
  }
  if (gone.length > 0) {
    const args = [gone.map(({ domain }) => domain)];
    draft.call({ contract: ROUTER, to, method: "unenrollRemoteRouters", args, by });
  }
}
