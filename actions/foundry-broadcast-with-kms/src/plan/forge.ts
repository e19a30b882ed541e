import { type Ended, type Environment, runChild } from "@playbook/child";
import type { Address } from "@playbook/evm";
import { LOGGED, type Reached, readLog } from "./reached.ts";
import type { Script } from "./script.ts";

export type ForgeRun = {
  forge: string;
  /** The copy of the project. */
  folder: string;
  /** Folder of its contracts, which forge compiles along with any script. */
  sources: string;
  sender: Address;
  /** The fork that the script starts on; null for a script that chooses its forks itself. */
  rpc: string | null;
  env: Environment;
  signal: AbortSignal;
};

type Building = Pick<ForgeRun, "forge" | "folder" | "env" | "signal">;

/**
 * Compiles all but tests: scripts may ask for the code of contracts that they do not import. What
 * does not compile is judged by whether a script needs it, so a failure says nothing here.
 */
export function build({ forge, folder, env, signal }: Building): Promise<Ended> {
  const args = ["build", "--root", ".", "--skip", "test", "--color", "never"];
  return runChild(forge, args, { cwd: folder, env, signal });
}

/** What forge says when it lacks a compiler and may not fetch it. */
const LACKING =
  /No solc version installed|missing solc \S+ in offline mode|no compiler versions are available/;

/**
 * Simulates a script: compiles it, runs it as the sender, and lets forge record what it would send.
 * A compiler that it alone asks for is fetched by a build.
 */
export async function simulate(
  script: Script,
  run: ForgeRun,
): Promise<Ended & { reached: Reached }> {
  const ended = await runOffline(script, run);
  if (!LACKING.test(ended.stderr)) return ended;
  const built = await buildFor(script, run);
  const again = await runOffline(script, run);
  return LACKING.test(again.stderr) ? { ...again, stderr: built.stderr } : again;
}

/** Offline: else forge asks strangers what the selectors and contracts in its traces are called. */
async function runOffline(script: Script, run: ForgeRun): Promise<Ended & { reached: Reached }> {
  const { forge, folder, signal } = run;
  const env = { ...run.env, RUST_LOG: LOGGED, FOUNDRY_OFFLINE: "true" };
  const ended = await runChild(forge, commandFor(script, run), { cwd: folder, env, signal });
  const { said, reached } = readLog(ended.stderr);
  return { ...ended, stderr: said, reached };
}

/** Compiles what a script compiles when it runs, by the compiler that its line names, if any. */
function buildFor({ target, options }: Script, run: ForgeRun): Promise<Ended> {
  const { forge, folder, sources, env, signal } = run;
  const [path = ""] = target.split(":");
  const paths = path.endsWith(".sol") ? [sources, path] : [sources];
  const at = options.indexOf("--use");
  const compiler = at < 0 ? [] : options.slice(at, at + 2);
  const args = ["build", ...paths, "--root", ".", ...compiler, "--color", "never"];
  return runChild(forge, args, { cwd: folder, env, signal });
}

/** State is never cached: forks of one chain at one height differ by what was applied to them. */
export function commandFor(script: Script, { sender, rpc }: ForgeRun): string[] {
  const { target, signature, options } = script;
  return [
    "script",
    target,
    ...["--root", ".", "--sender", sender, "--no-storage-caching", "--color", "never", "-vvv"],
    // Of use for the prices that it prints only, but on a chain without a base fee it fails
    // without.
    "--legacy",
    ...(rpc ? ["--rpc-url", rpc] : []),
    ...(signature ? ["--sig", signature] : []),
    ...options,
    ...(script.arguments.length > 0 ? ["--", ...script.arguments] : []),
  ];
}
