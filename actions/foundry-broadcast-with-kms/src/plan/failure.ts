import { ActionError, hideUrls } from "@playbook/action";
import { plain } from "@playbook/child";
import type { Hardfork } from "./live.ts";
import type { Script } from "./script.ts";

/** How much of a trace or of the compiler's words is quoted. */
const QUOTED_LINES = 14;

/** What forge said when it failed. Paths of the copy are shown as the project's own. */
export type Said = { stdout: string; stderr: string; scratch: string };

type Verdict = [code: string, what: string, why: string, next: string];

/** Turns a failed `forge script` into one error that quotes what matters of it. */
export function failureOf({ line }: Script, { stdout, stderr, scratch }: Said): ActionError {
  const clean = (text: string) => hideUrls(plain(text).replaceAll(`${scratch}/`, "")).trim();
  const [code, what, why, next] = judge(clean(stdout), clean(stderr));
  return new ActionError(code, { what: `${what}: ${line}`, why, next });
}

/**
 * A transaction that a script made, and that fails when it is sent. `said` is what the fork says.
 */
export function stepReverts(
  step: string,
  { line }: Script,
  said: string,
  hardfork: Hardfork,
): ActionError {
  const after = "On a fork of the live chain, after all steps before it:";
  const [why, next] = /NotActivated|OpcodeNotFound|invalid opcode/i.test(said)
    ? [`${after} ${unknownInstruction(hardfork)} (${said})`, nextCompile(hardfork)]
    : [`${after} ${said}`, /CreateCollision/.test(said) ? NEXT_THERE : NEXT_CHEATS];
  return new ActionError("step-reverts", { what: `${step} would fail: ${line}`, why, next });
}

function unknownInstruction(hardfork: Hardfork): string {
  return (
    "the chain does not know an instruction of the contract: " +
    `it is as Ethereum was at ${hardfork}.`
  );
}

function nextCompile(hardfork: Hardfork): string {
  return `Compile for that chain: evm_version = "${hardfork}" in foundry.toml, and plan again.`;
}

/**
 * A script that sends something, and runs on none of several chains: forge takes that for success.
 */
export function runsNowhere({ line }: Script, chains: string[]): ActionError {
  return new ActionError("no-chain-chosen", {
    what: `The script says not on which chain it runs: ${line}`,
    why: `The release has several: ${chains.join(", ")}.`,
    next:
      "Add --rpc-url with a chain's name to the line, or let the " +
      "script choose: vm.createSelectFork.",
  });
}

/** What forge prints, with exit code 0, when it has transactions and no chain for them. */
export const NOWHERE = "simulate on-chain transactions pass a RPC URL";

function judge(stdout: string, stderr: string): Verdict {
  const said = stderr.replaceAll(/^(Error|Warning): /gm, "").trim();

  if (/Compiler run failed/.test(stderr)) {
    const next = "Correct the source; `forge build` must succeed.";
    return ["compile-failed", "The project does not compile", compilerWords(stderr), next];
  }
  if (isAboutSolc(said)) {
    return ["no-solc", "There is no compiler for the project", firstLines(said), NEXT_SOLC];
  }
  const [, variable] = /environment variable "(\w+)" not found/.exec(said) ?? [];
  if (variable && /KEY|MNEMONIC|SEED/i.test(variable)) return wantsKey(variable);
  if (variable) {
    const why = `It reads the environment variable ${variable}, which is not set.`;
    return ["missing-variable", "The script did not run", why, nextVariable(variable)];
  }
  if (/does not support library linking/.test(said)) {
    return ["script-failed", "forge cannot simulate the script", said, NEXT_LIBRARY];
  }
  if (/Simulated execution failed/.test(said)) {
    const why = `It succeeds in the script, but not on a fork of the chain.${quoteTrace(stdout)}`;
    return ["step-reverts", "A transaction of the script would fail", why, NEXT_CHEATS];
  }
  const [, reverted] = /script failed: ([\s\S]*)/.exec(said) ?? [];
  if (reverted !== undefined) {
    const there = collision(stdout);
    if (there) return there;
    const why = `${reverted.trim() || "It gave no reason."}${quoteTrace(stdout)}`;
    return ["script-reverted", "The script reverted in its simulation", why, NEXT_REVERT];
  }
  return ["script-failed", "forge cannot simulate the script", firstLines(said), NEXT_FORGE];
}

/**
 * forge says no more of it than "EvmError: Revert": the factory that failed to create has no words.
 */
function collision(stdout: string): Verdict | undefined {
  const lines = stdout.split("\n");
  const at = lines.findIndex((line) => line.includes("← [CreateCollision]"));
  if (at < 0) return undefined;
  const made = lines.slice(0, at).findLast((line) => line.includes("→ new "));
  const [, name, address] = /→ new (\S+?)@(0x[0-9a-fA-F]{40})/.exec(made ?? "") ?? [];
  const contract = !name || name === "<unknown>" ? "a contract" : name;
  const why =
    `It creates ${contract} at ${address}, where one stands already: of the same code, salt and ` +
    "arguments. An earlier release made it, perhaps one that failed after it.";
  return ["already-deployed", "The script would deploy what is there", why, NEXT_THERE];
}

function isAboutSolc(said: string): boolean {
  return (
    /\bsolc\b.*(not (found|installed|exist)|does not exist|fail|install)/is.test(said) ||
    /No solc version|no compiler versions|soliditylang\.org/.test(said) ||
    /^error sending request for url/.test(said)
  );
}

const NEXT_SOLC =
  "Let the machine reach the compiler's download site, or " +
  "install that solc in a step before this one.";
const NEXT_REVERT =
  "Run `forge script` with the same line and -vvvv to see all of it; nothing was sent.";
/** What to do about a contract whose address is taken by itself. */
const NEXT_THERE =
  "Let the script pass over it (`if (at.code.length == 0)`), " +
  "leave its line out, or change the salt.";
const NEXT_FORGE = "Run `forge script` with the same line; what it says there is what is wrong.";
/** Why a transaction may fail although its script does not. */
const NEXT_CHEATS =
  "What is sent must not rely on cheatcodes: no vm.deal, vm.prank, vm.warp or vm.store for it.";
const NEXT_LIBRARY =
  "Give each chain a line of its own, with --rpc-url and the " +
  "chain's name, or deploy the library first.";

function nextVariable(name: string): string {
  return `Set ${name} in the step's env, in the project's .env, or give it a default with vm.envOr.`;
}

function wantsKey(variable: string): Verdict {
  return [
    "raw-key",
    "The script wants a private key",
    `It reads ${variable} from the environment. The only key of a release is the one in KMS.`,
    keylessLines(`vm.startBroadcast(vm.envUint("${variable}"));`),
  ];
}

/** The two lines of a script that has to do without a key. */
export function keylessLines(broadcast: string): string {
  return [
    "Change two lines; forge hands the KMS key's address to the script as msg.sender:",
    `  - ${broadcast}`,
    "  + vm.startBroadcast();",
    "  - address deployer = vm.addr(privateKey);",
    "  + address deployer = msg.sender;",
  ].join("\n");
}

/** The compiler's first errors, without its warnings. */
function compilerWords(stderr: string): string {
  const [, errors = stderr] = stderr.split(/Compiler run failed:?\n/);
  const from = errors.search(/^Error/m);
  return firstLines(from < 0 ? errors : errors.slice(from));
}

/** The end of the last trace: where it went wrong. */
function quoteTrace(stdout: string): string {
  const last = stdout.split(/\n\s*\n/).findLast((block) => block.includes("← ["));
  if (!last) return "";

  const lines = last.split("\n").filter((line) => line.trim() !== "");
  const [head, ...rest] = lines;
  const shown =
    lines.length <= QUOTED_LINES ? lines : [head, "  …", ...rest.slice(2 - QUOTED_LINES)];
  return `\n${shown.map((line) => line?.slice(0, 200)).join("\n")}`;
}

function firstLines(text: string): string {
  const lines = text.split("\n");
  const more = lines.length > QUOTED_LINES ? "\n…" : "";
  return lines.slice(0, QUOTED_LINES).join("\n") + more;
}
