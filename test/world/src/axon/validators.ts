import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shell, tool } from "../../../../scripts/tools.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type Addresses, reserveAddresses } from "./addresses.ts";
import { AxonNode } from "./axon-node.ts";
import type { Behaviour } from "./behaviour.ts";
import { NetworkFaults } from "./network-faults.ts";
import { chainSpec, type Keypair, nodeConfig, type SpecOptions } from "./node-files.ts";
import { Signatures } from "./signatures.ts";

export type ValidatorsOptions = Partial<SpecOptions> & {
  /** How many validators there are; 5 without it. */
  count?: number;
  /** Of all of them. */
  behaviour?: Behaviour;
};

export type Validators = AsyncDisposable & {
  readonly nodes: AxonNode[];
  readonly network: NetworkFaults;
  /**
   * A node with keys of its own that the chain spec does not name: started, and in sync soon. It
   * dials all that were there before it, whichever of them are up.
   */
  add(behaviour?: Behaviour): Promise<AxonNode>;
  signatures(): Promise<Signatures>;
};

/** A chain of validators without Kubernetes: processes side by side, running. */
export async function startValidators(options: ValidatorsOptions = {}): Promise<Validators> {
  const { count = 5, behaviour, ...given } = options;
  await using cleanup = new AsyncDisposableStack();
  const { path: dir } = cleanup.use(await temporaryFolder("validators"));
  const addresses = cleanup.use(await reserveAddresses());
  const program = await tool("axon");
  const network = new NetworkFaults(join(dir, "network.json"));
  const signatures = join(dir, "signatures");

  const make = new NodeMaker({ program, dir, addresses, network: network.path, signatures });
  const places = await make.places(count);
  const spec = chainSpec(
    places.map(({ keypair }) => keypair),
    {
      intervalMs: 400,
      epochEnd: 100_000_000,
      hardforks: ["None"],
      weights: [],
      accounts: {},
      ...given,
    },
  );
  const nodes = await Promise.all(places.map((place) => make.node(place, places, spec)));
  for (const node of nodes) cleanup.use(node);
  await Promise.all(nodes.map((node) => node.start(behaviour)));

  const parts = cleanup.move();
  return {
    nodes,
    network,
    add: async (behaviour) => {
      const [place] = await make.places(1);
      if (!place) throw new Error("a place was asked for");
      const node = await make.node(place, places, spec);
      places.push(place);
      parts.use(node);
      await node.start(behaviour);
      return node;
    },
    signatures: () => Signatures.read(signatures),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

type Place = { dir: string; ip: string; keypair: Keypair };

type Surroundings = {
  program: string;
  dir: string;
  addresses: Addresses;
  network: string;
  signatures: string;
};

class NodeMaker {
  readonly #around: Surroundings;
  #made = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Folders with keys, and addresses. */
  async places(count: number): Promise<Place[]> {
    const { program, dir, addresses } = this.#around;
    const keys = join(dir, `keys-${this.#made}`);
    await mkdir(keys);
    const said = await shell(program, ["generate-keypair", "-n", String(count), "-p", keys]);
    const { keypairs } = JSON.parse(said) as { keypairs: Keypair[] };
    return Promise.all(
      keypairs.map(async (keypair, index) => {
        const home = join(dir, `node-${this.#made++}`);
        const ip = addresses.next();
        await mkdir(home);
        for (const name of ["net", "bls"]) {
          await rename(join(keys, `${name}_${index}.key`), join(home, `${name}.key`));
        }
        return { dir: home, ip, keypair };
      }),
    );
  }

  /** A node that was initialised. */
  async node(place: Place, peers: Place[], spec: string): Promise<AxonNode> {
    const { program, network, signatures } = this.#around;
    const bootstraps = peers.map(({ ip, keypair }) => ({ host: ip, peerId: keypair.peer_id }));
    await writeFile(join(place.dir, "config.toml"), nodeConfig(bootstraps));
    await writeFile(join(place.dir, "spec.toml"), spec);
    const env = {
      WORLD_POD_IP: place.ip,
      WORLD_POD: place.dir,
      WORLD_NETWORK: network,
      WORLD_SIGNATURES: signatures,
    };
    const node = new AxonNode({ ...place, program, env });
    await node.init();
    return node;
  }
}
