import type { Chain } from "@playbook/world";
import type { Given, Office } from "../apply/office.ts";

/** Somebody else sends a transaction with the key. */
export async function useElsewhere(chain: Chain, signer: string): Promise<void> {
  await chain.send("anvil_impersonateAccount", [signer]);
  const to = "0x000000000000000000000000000000000000dEaD";
  await chain.send("eth_sendTransaction", [{ from: signer, to, gas: "0x5208" }]);
  await chain.send("anvil_stopImpersonatingAccount", [signer]);
}

/** The inputs of a job that takes a key over as the office's first chain shows it. */
export function adoptingIn(office: Office, chainsFile: string, over: Given = {}): Given {
  return {
    mode: "adopt",
    environment: "production",
    release: "before",
    chains: office.chain.name,
    "chains-file": chainsFile,
    role: office.role,
    region: office.aws.region,
    key: office.KeyArn,
    state: office.State,
    ...over,
  };
}
