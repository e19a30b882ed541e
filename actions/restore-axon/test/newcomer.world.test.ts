import { readFile, rm } from "node:fs/promises";
import {
  appendMetadata,
  type Hex,
  leaderOf,
  METADATA_CONTRACT,
  readMetadata,
} from "@playbook/axon";
import { type AxonNode, startValidators } from "@playbook/world";
import { Wallet } from "ethers";
import { newest, reaches } from "../../../test/world/test/axon/progress.ts";

const BEHAVIOUR = { flavour: "axon" } as const;

/** The first block of the epoch that brings another validator. */
const EPOCH = 21;

async function append(signer: AxonNode, nodes: readonly AxonNode[]): Promise<void> {
  const members = nodes.map(({ keypair }) => ({
    ...{ pub_key: keypair.public_key as Hex, bls_pub_key: keypair.bls_public_key as Hex },
    ...{ propose_weight: 1, vote_weight: 1 },
  }));
  const epoch = { epoch: 2n, start: BigInt(EPOCH), end: 100_000n };
  const metadata = readMetadata(await signer.call("axon_getCurrentMetadata"));
  const wallet = new Wallet(`0x${(await readFile(signer.path("net.key"))).toString("hex")}`);
  const raw = await wallet.signTransaction({
    ...{ type: 0, nonce: 0, gasPrice: 8, gasLimit: 1_000_000, to: METADATA_CONTRACT },
    chainId: Number(await signer.call<string>("eth_chainId")),
    data: appendMetadata(epoch, members, metadata),
  });
  await signer.call("eth_sendRawTransaction", raw);
}

async function beginAnew(node: AxonNode): Promise<void> {
  await rm(node.path("data"), { recursive: true });
  await node.init();
}

/** Each is stopped when it has caught up; from then on it starts in the epoch. */
async function catchUp(group: readonly AxonNode[], height: number): Promise<void> {
  await Promise.all(group.map((node) => node.start(BEHAVIOUR)));
  await reaches(group, height);
  await Promise.all(group.map((node) => node.stop()));
}

/**
 * A chain to be restored over an epoch: all but the one that leads next have caught up, and are
 * stopped.
 */
async function openRestored() {
  await using cleanup = new AsyncDisposableStack();
  const options = { intervalMs: 300, epochEnd: 10, behaviour: BEHAVIOUR };
  const chain = cleanup.use(await startValidators(options));
  const nodes = [...chain.nodes, await chain.add(BEHAVIOUR)];
  const follower = await chain.add(BEHAVIOUR);
  await append(chain.nodes[0] as AxonNode, nodes);
  await reaches([...nodes, follower], EPOCH + 5);
  await Promise.all([...nodes, follower].map((node) => node.stop()));
  await Promise.all(nodes.map(beginAnew));
  await follower.start(BEHAVIOUR);
  const goal = (await newest([follower])) - 1;
  const keyOf = ({ keypair }: AxonNode) => keypair.public_key.toLowerCase();
  const set = nodes.map((node) => ({ id: keyOf(node), weight: 1 }));
  const leader = leaderOf(
    set.sort((a, b) => (a.id < b.id ? -1 : 1)),
    goal + 1,
    1,
  );
  const last = nodes.find((node) => keyOf(node) === leader) as AxonNode;
  const others = nodes.filter((node) => node !== last);
  await catchUp(others.slice(0, 3), goal);
  await catchUp(others.slice(3), goal);
  const parts = cleanup.move();
  const dispose = () => parts.disposeAsync();
  return { nodes, follower, last, others, goal, [Symbol.asyncDispose]: dispose };
}

test("a chain goes on over an epoch when who leads it has started in it, and got its last blocks since", async () => {
  await using restored = await openRestored();
  const { nodes, follower, last, others, goal } = restored;

  await last.start({ ...BEHAVIOUR, syncDelayMs: 700 });
  await reaches([last], EPOCH);
  await follower.stop();
  await last.stop();
  await last.start(BEHAVIOUR);
  expect(await last.height()).toBeLessThan(goal);
  await follower.start(BEHAVIOUR);
  await reaches([last], goal);
  await Promise.all(others.map((node) => node.start(BEHAVIOUR)));

  await reaches(nodes, goal + 3);
}, 300_000);
