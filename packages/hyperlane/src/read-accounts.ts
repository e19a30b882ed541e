import type { Address, Hex } from "@playbook/evm";
import type { Look } from "./look.ts";
import type { StandingAccounts } from "./model.ts";

const ROUTER = "InterchainAccountRouter";

/** A router of interchain accounts: whom it knows on other chains, and where answers are read. */
export async function readAccounts(look: Look, address: Address): Promise<StandingAccounts> {
  const [owner, domains, reader] = await Promise.all([
    look.value<Address>(ROUTER, address, "owner"),
    look.value<bigint[]>(ROUTER, address, "domains"),
    look.value<Address>(ROUTER, address, "CCIP_READ_ISM"),
  ]);
  const remotes = [...domains].map(async (domain) => {
    const [router] = await look.call(ROUTER, address, "routers", [domain]);
    return { domain: Number(domain), router: router as Hex };
  });
  const [readerOwner, urls] = await Promise.all([
    look.value<Address>("CommitmentReadIsm", reader, "owner"),
    look.value<string[]>("CommitmentReadIsm", reader, "urls"),
  ]);
  const commitments = { address: reader, owner: readerOwner, urls: [...urls] };
  return { address, owner, remotes: await Promise.all(remotes), commitments };
}
