import { type Address, Rpc } from "@playbook/evm";
import type { Chain } from "@playbook/world";
import { Contract, JsonRpcProvider, Wallet } from "ethers";
import { stringify } from "yaml";
import type { ContractName } from "../src/contract.ts";
import { contracts } from "../src/contracts.generated.ts";
import { type ChainPlan, desiredOn, observe, planChain, readCoreConfig } from "../src/index.ts";
import type { Addresses, Desired, Observed } from "../src/model.ts";

/** A chain of the world with a key that deploys on it. */
export type Site = {
  chain: Chain;
  signer: Wallet;
  /** What a registry would say of it. */
  addresses: Addresses;
};

export async function siteOn(chain: Chain): Promise<Site> {
  const provider = new JsonRpcProvider(chain.directUrl, chain.id, {
    staticNetwork: true,
    cacheTimeout: -1,
    pollingInterval: 20,
  });
  const signer = new Wallet(Wallet.createRandom().privateKey, provider);
  await chain.setBalance(signer.address, 10n ** 21n);
  return { chain, signer, addresses: {} };
}

export const signerOf = ({ signer }: Site) => signer.address as Address;

/** What a config means there, through its text as a registry would have it. */
export function wished({ chain }: Site, config: object, domains: Record<string, number>): Desired {
  return desiredOn(chain.name, readCoreConfig(stringify(config), "core.yaml"), domains);
}

export function seen(site: Site, desired: Desired): Promise<Observed> {
  const { chain, addresses: known } = site;
  return observe(new Rpc([chain.url]), { desired, signer: signerOf(site), known });
}

export async function planned(site: Site, desired: Desired): Promise<ChainPlan> {
  return planChain(desired, await seen(site, desired), signerOf(site));
}

/** Sends all of a plan's steps without waiting for any, then sees that all took effect. */
export async function apply(site: Site, plan: ChainPlan): Promise<bigint> {
  const { signer, chain } = site;
  const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
  const raws = await Promise.all(
    plan.steps.map(({ to, data, gas }, at) =>
      signer.signTransaction({
        type: 2,
        chainId: chain.id,
        nonce: plan.firstNonce + at,
        to,
        data,
        gasLimit: gas,
        ...fees,
      }),
    ),
  );
  const hashes: string[] = [];
  for (const raw of raws) hashes.push(await chain.send<string>("eth_sendRawTransaction", [raw]));
  let used = 0n;
  for (const [at, hash] of hashes.entries()) {
    const receipt = await signer.provider?.waitForTransaction(hash);
    if (receipt?.status !== 1) throw new Error(`${plan.steps[at]?.label} failed`);
    used += receipt.gasUsed;
  }
  site.addresses = plan.addresses;
  return used;
}

/** A contract of the site's, by its name in a registry. */
export function contractOf(site: Site, name: string, contract: ContractName): Contract {
  return new Contract(site.addresses[name] as Address, contracts[contract].abi, site.signer);
}
