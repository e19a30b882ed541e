import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Blocks of 250 addresses each, in 127.16.0.0/12. */
const BLOCKS = 16 * 256;
const SIZE = 250;
const KEEPER = 254;
const KEEPER_PORT = 61_000;

export type Addresses = AsyncDisposable & {
  /** One of this machine's own that nobody else has got. */
  next(): string;
};

/**
 * Loopback addresses for whoever wants Axon's usual ports several times on one machine. A block is
 * one's own for as long as a port of its last address is listened at.
 */
export async function reserveAddresses(): Promise<Addresses> {
  const start = Math.floor(Math.random() * BLOCKS);
  for (let step = 0; step < BLOCKS; step += 1) {
    const block = (start + step) % BLOCKS;
    const prefix = `127.${16 + Math.floor(block / 256)}.${block % 256}`;
    const keeper = await keep(`${prefix}.${KEEPER}`);
    if (keeper) return addresses(prefix, keeper);
  }
  throw new Error("all blocks of loopback addresses are in use");
}

function addresses(prefix: string, keeper: Server): Addresses {
  let given = 0;
  return {
    next: () => {
      given += 1;
      if (given > SIZE) throw new Error(`all addresses of ${prefix}.0/24 have been given away`);
      return `${prefix}.${given}`;
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
