import { ActionError } from "@playbook/action";
import { type Address, type Hex, RpcError, saysItFails } from "@playbook/evm";
import { Interface, MaxUint256 } from "ethers";
import type { Look } from "./look.ts";
import type { Approval, DesiredAccounts, StandingAccounts } from "./model.ts";

export const ROUTER = "InterchainAccountRouter";
export const MINIMAL_ROUTER = "MinimalInterchainAccountRouter";

/**
 * A router of interchain accounts: whom it knows on other chains, where answers are read, and which
 * of the wished approvals it has given. Throws `other-router` where it is not of the wished kind,
 * and
 * `no-token`.
 */
export async function readAccounts(
  look: Look,
  address: Address,
  wish: DesiredAccounts,
): Promise<StandingAccounts> {
  const isMinimal = await look.is(MINIMAL_ROUTER, address);
  checkKind(wish, isMinimal, address);
  const contract = isMinimal ? MINIMAL_ROUTER : ROUTER;
  const [owner, domains, approvals, commitments] = await Promise.all([
    look.value<Address>(contract, address, "owner"),
    look.value<bigint[]>(contract, address, "domains"),
    approvedAmong(look, address, wish.approvals),
    isMinimal ? null : readCommitments(look, address),
  ]);
  const remotes = [...domains].map(async (domain) => {
    const [router] = await look.call(contract, address, "routers", [domain]);
    return { domain: Number(domain), router: router as Hex };
  });
  return { address, owner, remotes: await Promise.all(remotes), approvals, commitments };
}

async function readCommitments(look: Look, router: Address) {
  const address = await look.value<Address>(ROUTER, router, "CCIP_READ_ISM");
  const [owner, urls] = await Promise.all([
    look.value<Address>("CommitmentReadIsm", address, "owner"),
    look.value<string[]>("CommitmentReadIsm", address, "urls"),
  ]);
  return { address, owner, urls: [...urls] };
}

function checkKind(
  { isMinimal, commitments }: DesiredAccounts,
  found: boolean,
  address: Address,
): void {
  const isOther = isMinimal !== undefined && isMinimal !== found;
  const isCommitted = commitments.owner !== undefined || commitments.urls !== undefined;
  if (!isOther && !(found && isCommitted)) return;
  throw new ActionError("other-router", {
    what: `The router of interchain accounts at ${address} is ${found ? "minimal" : "regular"}.`,
    why: isOther
      ? "The config wants it otherwise. An account's address is its router's doing: another " +
        "router has other accounts, and what these hold stays theirs."
      : "The config has a commitmentIsm, which a minimal one lacks.",
    next:
      "Correct interchainAccountRouter; or take it out of the " +
      "registry, and another is deployed.",
  });
}

const TOKEN = new Interface(["function allowance(address, address) view returns (uint256)"]);

/** Those that are given without a limit, as the router gives them. */
async function approvedAmong(
  look: Look,
  router: Address,
  wish: readonly Approval[],
): Promise<Approval[]> {
  const allowances = await Promise.all(wish.map((one) => allowance(look, router, one)));
  return wish.filter((_, at) => allowances[at] === MaxUint256);
}

async function allowance(look: Look, router: Address, { token, hook }: Approval): Promise<bigint> {
  const data = TOKEN.encodeFunctionData("allowance", [router, hook]) as Hex;
  const answer = await look.answer(token, data).catch((error) => {
    if (error instanceof RpcError && saysItFails(error)) return "0x";
    throw error;
  });
  if (answer.length === 66) return BigInt(answer);
  throw new ActionError("no-token", {
    what: `The config approves fees in the token ${token}, which is none.`,
    why: `It answers "${answer}" when it is asked for an allowance.`,
    next: "Correct feeTokenApprovals: `feeToken` is an ERC-20 token of that chain.",
  });
}
