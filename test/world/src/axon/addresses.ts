import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Blocks of so many /24 each, in 127.16.0.0/12: a sweep starts thousands of pods, one by one. */
const BLOCKS = 128;
const NETWORKS = 32;
/** Addresses used of each /24. */
const HOSTS = 250;
const KEEPER = 254;
const KEEPER_PORT = 61_000;

export type Addresses = AsyncDisposable & {
  /** One of this machine's own that nobody else has got. */
  next(): string;
};

/**
 * Loopback addresses for whoever wants Axon's usual ports several times on one machine. A block is
 * one's own for as long as a port of an address of its first /24 is listened at.
 */
export async function reserveAddresses(): Promise<Addresses> {
  const start = Math.floor(Math.random() * BLOCKS);
  for (let step = 0; step < BLOCKS; step += 1) {
    const block = (start + step) % BLOCKS;
    const keeper = await keep(`${network(block * NETWORKS)}.${KEEPER}`);
    if (keeper) return addresses(block * NETWORKS, keeper);
  }
  throw new Error("all blocks of loopback addresses are in use");
}

/** The first three bytes of a /24 in 127.16.0.0/12. */
const network = (number: number) => `127.${16 + Math.floor(number / 256)}.${number % 256}`;

function addresses(first: number, keeper: Server): Addresses {
  let given = 0;
  return {
    next: () => {
      const at = Math.floor(given / HOSTS);
      if (at >= NETWORKS) throw new Error(`all ${NETWORKS * HOSTS} addresses have been given away`);
      const address = `${network(first + at)}.${1 + (given % HOSTS)}`;
      given += 1;
      return address;
    },
    [Symbol.asyncDispose]: async () => {
      keeper.close();
      await once(keeper, "close");
    },
  };
}

async function keep(address: string): Promise<Server | undefined> {
  const server = createServer().listen(KEEPER_PORT, address);
  return once(server, "listening").then(
    () => server.unref(),
    () => undefined,
  );
}
