import { type Chain, RpcError, type Tab } from "@playbook/world";

type Asked = { method: string; params?: unknown[] };
type Answered = { result?: unknown; error?: { code: number; message: string } };

/**
 * What a wallet's extension puts into a page, by EIP-1193; the wallet itself is not in the page.
 */
const PROVIDER = `window.ethereum = {
  async request(asked) {
    const { result, error } = await askWallet(asked);
    if (error) throw Object.assign(new Error(error.message), { code: error.code });
    return result;
  },
  on() {},
  removeListener() {},
}`;

/** Gives a tab a wallet with one account, on one chain, whose owner agrees to everything. */
export async function giveWallet({ page }: Tab, chain: Chain, account: string): Promise<void> {
  await chain.send("anvil_impersonateAccount", [account]);
  await page.exposeFunction("askWallet", (asked: Asked) => answer(asked, chain, account));
  await page.addInitScript(PROVIDER);
}

async function answer({ method, params = [] }: Asked, chain: Chain, account: string) {
  if (method === "eth_requestAccounts" || method === "eth_accounts") return { result: [account] };
  if (method === "wallet_switchEthereumChain") return onChain(params[0], chain);
  return chain.send(method, params).then(
    (result): Answered => ({ result }),
    (error): Answered => {
      const code = error instanceof RpcError ? error.code : -32603;
      return { error: { code, message: error.message } };
    },
  );
}

function onChain(asked: unknown, { id }: Chain): Answered {
  const { chainId } = asked as { chainId: string };
  if (Number(chainId) === id) return { result: null };
  return { error: { code: 4902, message: `Unrecognized chain ID ${chainId}.` } };
}
