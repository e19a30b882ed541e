import { spawn } from "node:child_process";
import { once } from "node:events";
import { ActionError, type Context, hideUrls, reason } from "@playbook/action";
import type { Environment } from "@playbook/child";
import { type Address, type Hex, Rpc } from "@playbook/evm";
import { allowedEnvironment } from "./environment.ts";
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
 * Starts an anvil on the block that was looked at. Throws `fork-failed`. It has no CREATE2 factory
 * of its own making: where the live chain lacks one, so does the fork.
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
  flags.push("--no-storage-caching", "--disable-default-create2-deployer", "--no-mining");
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
  const call = { from, ...(to ? { to } : {}), value: toHex(value), data };
  return Number(await rpc.send<Hex>("eth_estimateGas", call));
}

/** Where EIP-2935 keeps the hashes of the newest blocks, and of how many. */
const HISTORY = { address: "0x0000F90827F1C53a10cb7A02335B175320002935", blocks: 8191 };

/**
 * Each block writes its parent's hash there, for which anvil asks the live chain what stood in that
 * place before: a request for each block, unless something stands there already.
 */
export async function makeRoom({ rpc, live }: Fork, blocks: number): Promise<void> {
  if (live.hardfork !== "prague" && live.hardfork !== "osaka") return;
  const newest = Number(await rpc.send<Hex>("eth_blockNumber"));
  const calls = Array.from({ length: blocks }, (_, index) => {
    const place = toHex(BigInt((newest + index) % HISTORY.blocks));
    return { method: "anvil_setStorageAt", params: [HISTORY.address, place, ZERO] };
  });
  await rpc.all(calls);
}

const ZERO = `0x${"0".repeat(64)}`;

/**
 * Sends a transaction without its sender's key, in a block of its own. (Asked to wait for its
 * receipt, anvil would look for it on the live chain first.)
 */
export async function applyTo({ rpc, live }: Fork, unsent: Unsent, nonce: number, gas: number) {
  const { from, to, value, data } = unsent;
  const price = live.fees === "legacy" ? { gasPrice: toHex(live.gasPrice) } : {};
  const own = { value: toHex(value), data, nonce: toHex(BigInt(nonce)), gas: toHex(BigInt(gas)) };
  const sent = { from, ...(to ? { to } : {}), ...own, ...price };
  const hash = await rpc.send<Hex>("eth_sendTransaction", sent);
  await rpc.send("evm_mine");
  const receipt = await rpc.send<RawReceipt>("eth_getTransactionReceipt", hash);
  const { gasUsed, status } = receipt;
  return { hash, gasUsed: Number(gasUsed), succeeded: Number(status) === 1, receipt } as Mined;
}

type RawReceipt = { gasUsed: Hex; status: Hex };

function toHex(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}
