import { type Process, startProcess } from "@playbook/world";
import { Wallet } from "ethers";
import { Cli } from "./cli.ts";
import type { Network } from "./network.ts";

/** The official relayer between all chains of a network, as long as it is not stopped. */
export type Relayer = AsyncDisposable & { address: string; process: Process };

/** `coins` is what it has on each chain, in wei. */
export async function startRelayer(
  { world, sites, aws }: Pick<Network, "aws" | "sites"> & { world: { dir: string } },
  coins = 10n ** 18n,
): Promise<Relayer> {
  await using cleanup = new AsyncDisposableStack();
  const { address, privateKey } = Wallet.createRandom();
  for (const { chain } of sites) await chain.setBalance(address, coins);
  const cli = cleanup.use(await Cli.over(world.dir, sites));
  const names = sites.map(({ chain }) => chain.name);
  const started = await startProcess({
    name: "official relayer",
    ...cli.relaying(names, privateKey, aws.url),
    ready: (output) => output.includes("Starting relayer"),
    deadlineMs: 300_000,
  });
  cleanup.defer(() => started.stop(0));
  const parts = cleanup.move();
  return { address, process: started, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}
