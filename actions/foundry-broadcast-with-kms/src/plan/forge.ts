import type { Address } from "@playbook/evm";
import { type Ended, type Environment, runChild } from "./child.ts";
import { LOGGED, type Reached, readLog } from "./reached.ts";
import type { Script } from "./script.ts";

export type ForgeRun = {
  forge: string;
  /** The copy of the project. */
  folder: string;
  sender: Address;
  /** The fork that the script starts on; null for a script that chooses its forks itself. */
  rpc: string | null;
  env: Environment;
  signal: AbortSignal;
};

/**
 * Compiles all but tests: scripts may ask for the code of contracts that they do not import. What
 * does not compile is judged by whether a script needs it, so a failure says nothing here.
 */
export function build({ forge, folder, env, signal }: Omit<ForgeRun, "sender" | "rpc">) {
  const args = ["build", "--root", ".", "--skip", "test", "--color", "never"];
  return runChild(forge, args, { cwd: folder, env, signal });
}

/** Simulates a script: compiles it, runs it as the sender, and lets forge record what it would send. */
export async function simulate(
  script: Script,
  run: ForgeRun,
): Promise<Ended & { reached: Reached }> {
  const { forge, folder, env, signal } = run;
  const options = { cwd: folder, env: { ...env, RUST_LOG: LOGGED }, signal };
  const ended = await runChild(forge, commandFor(script, run), options);
  const { said, reached } = readLog(ended.stderr);
  return { ...ended, stderr: said, reached };
}

/** State is never cached: forks of one chain at one height differ by what was applied to them. */
export function commandFor(script: Script, { sender, rpc }: ForgeRun): string[] {
  const { target, signature, options } = script;
  return [
    "script",
    target,
    ...["--root", ".", "--sender", sender, "--no-storage-caching", "--color", "never", "-vvv"],
    // Of use for the prices that it prints only, but on a chain without a base fee it fails without.
    "--legacy",
    ...(rpc ? ["--rpc-url", rpc] : []),
    ...(signature ? ["--sig", signature] : []),
    ...options,
    ...(script.arguments.length > 0 ? ["--", ...script.arguments] : []),
  ];
}
