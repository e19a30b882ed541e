import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { foundry } from "../../../../scripts/tools.ts";
import { type Process, startProcess } from "../process.ts";
import { httpNode, quantity, type Upstream } from "./rpc.ts";

export type Mining = "auto" | "manual" | { everySeconds: number };

export type Genesis = {
  /** Seconds since 1970; now, when absent. */
  timestamp?: number;
  /** Accounts that are there from the start, by address. */
  alloc?: Record<string, { balance: bigint; nonce?: number; code?: string }>;
};

export type AnvilOptions = {
  id: number;
  mining: Mining;
  fees: "eip1559" | "legacy";
  /** Executes as the OP stack does, which charges for data. */
  op: boolean;
  gasLimit: number;
  /**
   * How many blocks `finalized` is behind the newest; an even number, since anvil counts epochs.
   */
  finalizedAfter: number;
  genesis: Genesis;
  /** 0 for any. */
  port: number;
  /** For its genesis file and whatever else it writes. */
  dir: string;
};

/** An anvil whose address outlives it. */
export type Anvil = AsyncDisposable & {
  readonly url: string;
  readonly call: Upstream;
  /** Ends it and starts another at the same address. */
  restart(genesis: Genesis): Promise<void>;
};

export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  let node = await launch(options);
  const address = listening.exec(node.output())?.[1];
  const url = `http://${address}`;
  const port = Number(new URL(url).port);
  let http = httpNode(url);

  const stop = async () => {
    http.close();
    await node.stop();
  };
  return {
    url,
    call: (asked) => http.call(asked),
    async restart(genesis) {
      await stop();
      node = await launch({ ...options, port, genesis });
      http = httpNode(url);
    },
    [Symbol.asyncDispose]: stop,
  };
}

const listening = /Listening on (\S+:\d+)/;

/** Without accounts, whose keys are known to everybody. */
async function launch(options: AnvilOptions): Promise<Process> {
  const { id, dir, fees, op, finalizedAfter, mining } = options;
  const genesis = join(dir, "genesis.json");
  await writeFile(genesis, JSON.stringify(genesisFile(options)));

  const args = ["--accounts", 0, "--chain-id", id, "--port", options.port, "--init", genesis];
  args.push("--gas-limit", options.gasLimit, "--slots-in-an-epoch", finalizedAfter / 2);
  if (mining === "manual") args.push("--no-mining");
  else if (mining !== "auto") args.push("--block-time", mining.everySeconds);
  if (op) args.push("--network", "optimism");
  // The last fork without a base fee, so that whoever sends type 2 is refused as such chains do.
  if (fees === "legacy") args.push("--hardfork", "berlin");

  return startProcess({
    name: `anvil of chain ${id}`,
    command: foundry("anvil"),
    args: args.map(String),
    env: { HOME: dir },
    ready: (output) => listening.test(output),
  });
}

/**
 * anvil's genesis hash covers neither the chain id nor the accounts: chains that start within the
 * same second would have one and the same. A miner of its own makes each chain another.
 */
function genesisFile({ id, fees, gasLimit, genesis }: AnvilOptions) {
  const alloc = Object.entries(genesis.alloc ?? {}).map(([address, account]) => [
    address,
    { ...account, balance: quantity(account.balance), nonce: quantity(account.nonce ?? 0) },
  ]);
  return {
    config: { chainId: id },
    coinbase: `0x${randomBytes(20).toString("hex")}`,
    timestamp: quantity(genesis.timestamp ?? Math.floor(Date.now() / 1000)),
    gasLimit: quantity(gasLimit),
    difficulty: "0x0",
    ...(fees === "eip1559" ? { baseFeePerGas: quantity(1_000_000_000) } : {}),
    alloc: Object.fromEntries(alloc),
  };
}
