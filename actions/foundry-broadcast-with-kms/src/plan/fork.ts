import { spawn } from "node:child_process";
import { once } from "node:events";
import { ActionError, type Context, reason } from "@playbook/action";
import { type Address, type Hex, Rpc } from "@playbook/evm";
import type { Environment } from "./child.ts";
import { allowedEnvironment } from "./environment.ts";
import { hideUrls } from "./host.ts";
import type { Live } from "./live.ts";

/** A local chain that goes on from where a live one stands. */
export type Fork = AsyncDisposable & {
  readonly live: Live;
  readonly url: string;
  readonly rpc: Rpc;
};

/** What the sender has on a fork: whether it has enough on the live chain is asked by `apply`. */
const FUNDS = 10n ** 27n;

/** Lets anvil die with this process, however that ends: then its end of the pipe closes. */
const GUARD = 'exec 3<&0; "$@" </dev/null & child=$!; { cat; kill $child; } <&3 >&2 & wait $child';

const START_MS = 60_000;

/**
 * Starts an anvil on the block that was looked at. Throws `fork-failed`. It has no CREATE2 factory of
 * its own making: where the live chain lacks one, so does the fork.
 */
export async function startFork(
  live: Live,
  sender: Address,
  anvil: string,
  context: Context,
  env: Environment,
): Promise<Fork> {
  const child = spawn("/bin/sh", ["-c", GUARD, "anvil", anvil, ...flagsFor(live)], {
    env: allowedEnvironment(env, []) as NodeJS.ProcessEnv,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const stop = async () => {
    child.stdin.destroy();
    await ended;
  };
  child.stdin.on("error", () => {});

  try {
    const port = await listening(child.stdout, child.stderr, ended, context);
    const url = `http://127.0.0.1:${port}`;
    const rpc = new Rpc([url], context);
    await rpc.send("anvil_setBalance", sender, `0x${FUNDS.toString(16)}`);
    return { live, url, rpc, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    context.signal.throwIfAborted();
    throw failed(live, reason(error));
  }
}

function flagsFor({ url, block, chainId, hardfork, fees, capped }: Live): string[] {
  const flags = ["--fork-url", url, "--fork-block-number", block, "--chain-id", chainId];
  flags.push("--port", 0, "--accounts", 0, "--hardfork", hardfork, "--auto-impersonate");
  flags.push("--no-storage-caching", "--disable-default-create2-deployer");
  if (fees === "legacy" && hardfork !== "berlin") flags.push("--block-base-fee-per-gas", 0);
  if (capped) flags.push("--enable-tx-gas-limit");
  return flags.map(String);
}

async function listening(
  stdout: NodeJS.ReadableStream,
  stderr: NodeJS.ReadableStream,
  ended: Promise<unknown>,
  { clock, signal }: Context,
): Promise<number> {
  const patience = new AbortController();
  let output = "";
  const { promise, resolve } = Promise.withResolvers<number>();
  for (const stream of [stdout, stderr]) {
    stream.setEncoding("utf8").on("data", (data: string) => {
      output = (output + data).slice(-100_000);
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (port) resolve(Number(port));
    });
  }
  const late = clock.sleep(START_MS, AbortSignal.any([signal, patience.signal])).catch(() => {});
  const port = await Promise.race([promise, ended.then(() => undefined), late]);
  patience.abort();
  if (port === undefined) throw new Error(lastWords(output) || "It said nothing in a minute.");
  return port;
}

function lastWords(output: string): string {
  const lines = output.trim().split("\n");
  return hideUrls(lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? "");
}

function failed({ name }: Live, why: string): ActionError {
  return new ActionError("fork-failed", {
    what: `There is no local fork of ${name}.`,
    why: `anvil, which makes it, gave up: ${why}`,
    next: `Use an RPC of ${name} that serves the state of recent blocks, then plan again.`,
  });
}

/** What happened to a transaction on a fork. */
export type Mined = { hash: Hex; gasUsed: number; succeeded: boolean; receipt: object };

export type Unsent = { from: Address; to: Address | null; value: bigint; data: Hex };

/** The least gas with which a transaction succeeds on the fork as it stands. */
export async function estimate({ rpc }: Fork, { from, to, value, data }: Unsent): Promise<number> {
  const call = { from, ...(to ? { to } : {}), value: `0x${value.toString(16)}`, data };
  return Number(await rpc.send<Hex>("eth_estimateGas", call));
}

/** Sends a transaction without its sender's key, and returns when it is mined. */
export async function applyTo({ rpc, live }: Fork, unsent: Unsent, nonce: number, gas: number) {
  const { from, to, value, data } = unsent;
  const price = live.fees === "legacy" ? { gasPrice: `0x${live.gasPrice.toString(16)}` } : {};
  const receipt = await rpc.send<RawReceipt>("eth_sendTransactionSync", {
    from,
    ...(to ? { to } : {}),
    value: `0x${value.toString(16)}`,
    data,
    nonce: `0x${nonce.toString(16)}`,
    gas: `0x${gas.toString(16)}`,
    ...price,
  });
  const { transactionHash: hash, gasUsed, status } = receipt;
  return { hash, gasUsed: Number(gasUsed), succeeded: Number(status) === 1, receipt } as Mined;
}

type RawReceipt = { transactionHash: Hex; gasUsed: Hex; status: Hex };
