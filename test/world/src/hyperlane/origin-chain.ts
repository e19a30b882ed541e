import { Contract, type ContractRunner, JsonRpcProvider } from "ethers";
import type { ValidatorSettings } from "./agent-settings.ts";
import type { KmsAccount } from "./kms-account.ts";

const TREE = [
  "function count() view returns (uint32)",
  "function latestCheckpoint() view returns (bytes32 root, uint32 index)",
  "event InsertedIntoTree(bytes32 messageId, uint32 index)",
];
const ANNOUNCE = [
  "function getAnnouncedStorageLocations(address[]) view returns (string[][])",
  "function announce(address, string, bytes) returns (bool)",
];

/** The tree as it stood in a block; `index` of its newest leaf, and -1 before the first. */
export type Correctness = { root: string; index: number; block: number };

export type Insertion = { messageId: string; index: number };

/** The chain whose messages a validator signs. Of several nodes the first that answers counts. */
export class OriginChain {
  readonly #settings: ValidatorSettings;
  readonly #nodes: JsonRpcProvider[];

  constructor(settings: ValidatorSettings) {
    this.#settings = settings;
    const options = { staticNetwork: true, cacheTimeout: -1, pollingInterval: 200 };
    this.#nodes = settings.urls.map((url) => new JsonRpcProvider(url, undefined, options));
    if (this.#nodes.length === 0) throw new Error(`chains.${settings.chain} has no RPC URLs`);
  }

  /** The tree as far back as the reorg period wants it. */
  correctness(): Promise<Correctness> {
    return this.#first(async (node) => {
      const block = await this.#blockOn(node);
      const tree = this.#tree(node);
      const at = { blockTag: block };
      if (Number(await tree.getFunction("count").staticCall(at)) === 0) {
        return { root: "", index: -1, block };
      }
      const [root, index] = await tree.getFunction("latestCheckpoint").staticCall(at);
      return { root, index: Number(index), block };
    });
  }

  /** Messages that came into the tree, in its order. */
  insertions(from: number, to: number): Promise<Insertion[]> {
    return this.#first(async (node) => {
      const logs = await this.#tree(node).queryFilter("InsertedIntoTree", from, to);
      return logs.flatMap((log): Insertion[] => {
        if (!("args" in log)) return [];
        return [{ messageId: String(log.args.messageId), index: Number(log.args.index) }];
      });
    });
  }

  isAnnounced(validator: string, location: string): Promise<boolean> {
    return this.#first(async (node) => {
      const announce = this.#announce(node).getFunction("getAnnouncedStorageLocations");
      const [locations] = await announce.staticCall([validator]);
      return [...locations].includes(location);
    });
  }

  announce(account: KmsAccount, location: string, signature: string): Promise<void> {
    return this.#first(async (node) => {
      const announce = this.#announce(account.connect(node)).getFunction("announce");
      const sent = await announce.send(account.address, location, signature);
      await sent.wait();
    });
  }

  async #blockOn(node: JsonRpcProvider): Promise<number> {
    const { reorgPeriod } = this.#settings;
    if (typeof reorgPeriod === "number") {
      return Math.max(0, (await node.getBlockNumber()) - reorgPeriod);
    }
    return (await node.getBlock(reorgPeriod))?.number ?? 0;
  }

  #tree(runner: ContractRunner): Contract {
    return new Contract(this.#settings.merkleTreeHook, TREE, runner);
  }

  #announce(runner: ContractRunner): Contract {
    return new Contract(this.#settings.validatorAnnounce, ANNOUNCE, runner);
  }

  async #first<T>(ask: (node: JsonRpcProvider) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (const node of this.#nodes) {
      try {
        return await ask(node);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}
