import { contextForTests, type TestContext } from "@playbook/action/testing";
import { folderStore, type Store } from "@playbook/state";
import { type Chain, startWorld } from "@playbook/world";
import {
  type Address,
  type Broadcast,
  broadcast,
  closePlan,
  Endpoint,
  type Hex,
  Ledger,
  openPlan,
  type Plan,
  type PlannedChain,
  planDigest,
  prepare,
  Rpc,
  readChains,
  stepsOn,
} from "../src/index.ts";
import { type TestKey, testKey } from "./counter.ts";

export type Rig = {
  chain: Chain;
  store: Store;
  key: TestKey;
  planned: PlannedChain;
  /** Runs a plan as one process does, from checks to the closed ledger. */
  run(plan: Plan, over?: Partial<Broadcast>): Promise<{ sent: number; context: TestContext }>;
  ledger(): Promise<Ledger>;
  /** The counter's value. */
  counted(address: Address): Promise<number>;
};

function metadataOf(chain: Chain): PlannedChain["metadata"] {
  const [metadata] = readChains(JSON.stringify([chain.metadata()]), "the world");
  return metadata as PlannedChain["metadata"];
}

/** What a plan needs to know of a chain, as the planner would find it. */
export async function plannedOn(chain: Chain, signer: Address): Promise<PlannedChain> {
  return {
    name: chain.name,
    chainId: chain.id,
    genesis: (await chain.genesisHash()) as Hex,
    firstNonce: await chain.nonce(signer),
    block: await chain.height(),
    fees: "eip1559",
    gasPrice: 1_000_000_000n,
    metadata: metadataOf(chain),
  };
}

let writers = 0;

export async function rigOn(chain: Chain, folder: string): Promise<Rig> {
  const key = testKey();
  const store = folderStore(folder);
  await chain.setBalance(key.address, 10n ** 20n);
  const planned = await plannedOn(chain, key.address);
  const ledgerKey = { genesis: planned.genesis, chainId: chain.id, signer: key.address };

  return {
    chain,
    store,
    key,
    planned,
    run: async (plan, over = {}) => {
      writers += 1;
      const context = contextForTests();
      const ledger = new Ledger(store, ledgerKey, `writer-${writers}`);
      const endpoint = new Endpoint(new Rpc([chain.url]));
      const common = { ledger, endpoint, steps: stepsOn(plan, chain.name), plan: planDigest(plan) };
      await prepare({
        ...common,
        chain: planned.metadata,
        planned: plan.chains[0] as PlannedChain,
        signer: key.address,
        store,
        budget: over.policy?.budget ?? null,
      });
      const inputs: Broadcast = {
        ...common,
        chain: plan.chains[0] as PlannedChain,
        deployment: "acme/counter test one",
        signer: key,
        finality: 0,
        policy: { window: 16, patience: 3, budget: null },
        pause: 100,
        context,
        ...over,
      };
      await openPlan(inputs);
      const { outcome, sent } = await broadcast(inputs);
      await closePlan(inputs, outcome);
      return { sent, context };
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

export { startWorld };
