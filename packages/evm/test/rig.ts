import { contextForTests, type TestContext } from "@playbook/action/testing";
import { folderStore, type Store } from "@playbook/state";
import type { Chain } from "@playbook/world";
import {
  type Address,
  type Broadcast,
  connect,
  type Hex,
  Ledger,
  type Plan,
  type PlannedChain,
  readChains,
} from "../src/index.ts";
import { type TestKey, testKey } from "./counter.ts";
import { release } from "./release.ts";

export type Rig = {
  chain: Chain;
  folder: string;
  store: Store;
  key: TestKey;
  planned: PlannedChain;
  /** Runs a plan as one process does, from checks to the closed ledger. */
  run(plan: Plan, over?: Over): Promise<{ sent: number; context: TestContext }>;
  ledger(): Promise<Ledger>;
  /** The counter's value. */
  counted(address: Address): Promise<number>;
};

/** What a test may have otherwise than usual. */
export type Over = Partial<Broadcast> & { store?: Store; urls?: string[]; context?: TestContext };

function metadataOf(chain: Chain): PlannedChain["metadata"] {
  const [metadata] = readChains(JSON.stringify([chain.metadata()]), "the world");
  return metadata as PlannedChain["metadata"];
}

/** What a plan needs to know of a chain, as the planner would find it. */
export async function plannedOn(chain: Chain, signer: Address): Promise<PlannedChain> {
  const metadata = metadataOf(chain);
  return {
    name: chain.name,
    chainId: chain.id,
    genesis: (await chain.genesisHash()) as Hex,
    firstNonce: await chain.nonce(signer),
    block: await chain.height(),
    fees: metadata.transactionOverrides.gasPrice ? "legacy" : "eip1559",
    gasPrice: 1_000_000_000n,
    metadata,
  };
}

let writers = 0;

/** One key, one folder for state, one chain. */
export async function rigOn(chain: Chain, folder: string, secret?: Hex): Promise<Rig> {
  const key = testKey(secret);
  const store = folderStore(folder);
  await chain.setBalance(key.address, 10n ** 20n);
  const planned = await plannedOn(chain, key.address);
  const ledgerKey = { genesis: planned.genesis, chainId: chain.id, signer: key.address };

  return {
    chain,
    folder,
    store,
    key,
    planned,
    run: async (plan, { urls = [chain.url], context = contextForTests(), ...over } = {}) => {
      writers += 1;
      const writer = `writer-${writers}`;
      const wireTo = () => connect(urls, { ...context, chain: chain.name });
      const asked = { plan, signer: key, wireTo, writer, context, over };
      return { sent: await release({ ...asked, store: over.store ?? store }), context };
    },
    ledger: async () => {
      const ledger = new Ledger(store, ledgerKey, "reader");
      await ledger.read();
      return ledger;
    },
    counted: async (address) =>
      Number(await chain.send("eth_getStorageAt", [address, "0x0", "latest"])),
  };
}

let secrets = 0;

/** A key that nobody has used yet. */
export function freshSecret(): Hex {
  secrets += 1;
  return `0x${(0x1000_0000 + secrets).toString(16).padStart(64, "0")}`;
}
