import { readFile } from "node:fs/promises";
import { ActionError } from "@playbook/action";
import type { RpcUrl } from "@playbook/broadcast";
import { type Chain, chooseChains, type FeeOverride, readChains, withFees } from "@playbook/evm";

/** A chain of the release, with the URLs to reach it by. */
export type Reachable = { chain: Chain; urls: string[] };

/** Stands where a chain that is given by its id alone would have its public URLs. */
const NO_URL = "http://rpc-urls.invalid";

type Wanted = {
  chains: string[];
  chainsFile: string;
  rpcUrls: RpcUrl[];
  fees?: FeeOverride[];
};

/**
 * The chains by their names in the chains file, or by their ids with URLs from `rpc-urls`, which
 * come before the file's own. Throws `no-chains-file`, `bad-chains` or `unknown-chain`.
 */
export async function findChains({
  chains,
  chainsFile,
  rpcUrls,
  fees,
}: Wanted): Promise<Reachable[]> {
  const given = (name: string) =>
    rpcUrls.filter((one) => one.name === name).map((one) => one.value);
  const bare = chains.filter((name) => /^\d+$/.test(name) && given(name).length > 0);
  const known = await readKnown(chainsFile, bare.length === chains.length);

  return chains.map((name) => {
    const inFile = known.some((chain) => chain.name === name || String(chain.chainId) === name);
    const all = bare.includes(name) && !inFile ? [...known, withoutFile(name)] : known;
    const [found] = chooseChains(all, [name], chainsFile) as [Chain];
    const chain = withFees(found, fees);
    const urls = [...given(name), ...given(chain.name)];
    return { chain, urls: urls.length > 0 ? urls : chain.rpcUrls.map(({ http }) => http) };
  });
}

async function readKnown(path: string, optional: boolean): Promise<Chain[]> {
  try {
    return readChains(await readFile(path, "utf8"), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    if (optional) return [];
    throw new ActionError("no-chains-file", {
      what: `There is no chains file ${path}.`,
      why: "The input `chains` names chains, and their ids and URLs are in that file.",
      next: "Correct the input `chains-file`, or give chain ids, with their URLs in `rpc-urls`.",
    });
  }
}

function withoutFile(id: string): Chain {
  const [chain] = readChains(
    JSON.stringify({ name: id, chainId: Number(id), rpcUrls: [{ http: NO_URL }] }),
    "chains",
  );
  return chain as Chain;
}
