import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Chain, installSvm } from "@playbook/world";
import {
  type Office,
  openOffice,
} from "../../actions/foundry-broadcast-with-kms/test/apply/office.ts";
import { foundry } from "../../scripts/tools.ts";
import { installProduct } from "../products/install.ts";
import type { Place } from "./fault.ts";

const SCRIPT = "script/Tally.s.sol";

/** Deeper than any reorganisation of the table, so that none of them reaches what is final. */
const FINAL_AFTER = 12;

/** Blocks that are there before anything happens: a node that is behind has something to show. */
const PAST = 30;

export type Arena = AsyncDisposable & {
  office: Office;
  /** Where the product lies, compiled. */
  project: string;
  /** For a child process: a home with compilers, and forge on the path. */
  env: Record<string, string>;
  chain(place: Place | "other"): Chain;
  /** The chain as it was at the start, and what has been set aside. */
  reset(place: Place): Promise<Chain>;
};

/** Chains, an account with the library's own roles and key, and a product, for all faults. */
export async function openArena(): Promise<Arena> {
  const office = await openOffice([
    { id: 10012, name: "alpha" },
    { id: 43113, name: "beta", mining: "manual", reorgPeriod: FINAL_AFTER },
    { id: 10014, name: "gamma", mining: "manual", pool: "geth" },
    { id: 5, name: "other" },
  ]);
  const { world, aws, chains, signer } = office;
  const home = join(world.dir, "home");
  await mkdir(home);
  await installSvm(home, ["0.8.30"]);
  const project = await installProduct("counter", join(world.dir, "counter"), {
    compiled: "default",
  });
  await aws.createBucket("open", { versioned: true });
  const path = [join(foundry("forge"), ".."), join(foundry("anvil"), ".."), process.env.PATH];

  const chain = (name: string) => chains.find((one) => one.name === name) as Chain;
  const starts = new Map<string, string>();
  const keepStart = async (one: Chain) => {
    // Before the blocks: a reorganisation of ten takes back what the newest ten have.
    await one.setBalance(signer, 10n ** 20n);
    await one.mine(PAST);
    starts.set(one.name, await one.send<string>("evm_snapshot"));
  };
  for (const one of chains) await keepStart(one);

  const restart = async (place: string) => {
    const one = chain(place);
    one.chaos.calm();
    one.chaos.forget();
    await one.send("anvil_dropAllTransactions");
    const same = await one.send<boolean>("evm_revert", [starts.get(place)]).catch(() => false);
    if (same && (await one.nonce(signer)) === 0) {
      starts.set(place, await one.send<string>("evm_snapshot"));
      return one;
    }
    // What cannot be taken back, as after a reorganisation, is left behind with its chain.
    await one.restart();
    await keepStart(one);
    return one;
  };
  const reset = async (place: Place) => {
    await Promise.all([restart("other"), freshCheckout(project)]);
    return restart(place);
  };
  return {
    office,
    project,
    env: { HOME: home, PATH: path.join(":") },
    chain,
    reset,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** Nothing of earlier runs, and the script as it is committed. */
export async function freshCheckout(project: string): Promise<void> {
  for (const left of ["broadcast", "cache/Tally.s.sol"]) {
    await rm(join(project, left), { recursive: true, force: true });
  }
  const committed = new URL(`../products/counter/${SCRIPT}`, import.meta.url);
  await cp(committed, join(project, SCRIPT), { preserveTimestamps: true });
}
