import { ActionError } from "@playbook/action";
import type { Address } from "@playbook/evm";
import { closest } from "fastest-levenshtein";
import { SUBSTITUTED, unquote } from "./words.ts";

/** One `forge script` of a release, as its line says. */
export type Script = {
  /** Commands of a shell that run before it. */
  before: string[];
  /** The line itself, for errors and logs. */
  line: string;
  /** `script/Deploy.s.sol:Deploy`, or the path alone. */
  target: string;
  /** `run(uint256)`; null for forge's own default. */
  signature: string | null;
  arguments: string[];
  /** Chain name or alias that the line asks for. */
  rpc: string | null;
  /**
   * Variables before the command, as a shell takes them: `REMOTE=beta script/Deploy.s.sol`.
   * Commands whose output is to be put in stand between marks.
   */
  variables: Record<string, string>;
  /** Options that change how the script is compiled or run, handed to forge as they are. */
  options: string[];
};

type Option = { value: boolean; use: "ours" | "forge" | "sending" | "wallet" };

const option = (use: Option["use"], value: boolean, names: string): [string, Option][] =>
  names.split(" ").map((name) => [name, { use, value }]);

/** What `forge script` takes, by what becomes of it here. */
const OPTIONS = new Map<string, Option>([
  ...option("ours", true, "-s --sig --tc --target-contract -f --fork-url -r --rpc-url"),
  ...option("forge", true, "--libraries --use --evm-version --optimizer-runs --gas-limit"),
  ...option("forge", true, "--code-size-limit --memory-limit"),
  ...option("forge", false, "--ffi --via-ir --optimize --offline --force --isolate --no-metadata"),
  ...option("forge", false, "--always-use-create-2-factory --disable-code-size-limit"),
  ...option("sending", false, "--broadcast --slow --legacy --verify --non-interactive --json"),
  ...option("sending", false, "-v -vv -vvv -vvvv -vvvvv -q --quiet --skip-simulation"),
  ...option("sending", true, "--with-gas-price --priority-gas-price -g --gas-estimate-multiplier"),
  ...option("sending", true, "--etherscan-api-key --verifier --verifier-url --timeout --delay"),
  ...option("sending", true, "--verifier-api-key --retries -c --chain --chain-id"),
  ...option("sending", false, "--aws"),
  ...option("wallet", true, "--private-key --private-keys --mnemonics --mnemonic-indexes --sender"),
  ...option("wallet", true, "--interactives --keystore --keystores --account --accounts"),
  ...option("wallet", true, "--password --password-file --froms"),
  ...option("wallet", false, "-i --interactive -l --ledger -t --trezor --gcp --turnkey"),
  ...option("wallet", false, "--browser --unlocked --resume"),
]);

/** A line that is a command of a shell, and what comes before it in the line. */
const COMMAND = "$ ";

/**
 * Puts each script's line below the commands that run before it: a release has as many entries as
 * scripts. Throws `bad-script` for a command that no script follows.
 */
export function entriesOf(lines: string[]): string[] {
  const last = lines.at(-1);
  if (last?.startsWith(COMMAND))
    throw badScript(last, "It runs before a script, and none follows.");
  const entries: string[] = [];
  let begun: string[] = [];
  for (const line of lines) {
    begun.push(line);
    if (line.startsWith(COMMAND)) continue;
    entries.push(begun.join("\n"));
    begun = [];
  }
  return entries;
}

/** What a person approves of a script: its commands and its line, each on a line of its own. */
export function entryOf({ before, line }: Script): string {
  return [...before.map((command) => COMMAND + command), line].join("\n");
}

function partsOf(entry: string): { before: string[]; line: string } {
  const lines = entry.split("\n");
  const line = lines.pop() ?? "";
  return { before: lines.map((command) => command.slice(COMMAND.length)), line };
}

/**
 * Reads an entry as a shell would split its line, without being one. Options that concern the
 * sending are dropped, since `apply` sends; so is the sender, if it is the KMS key's. Throws
 * `bad-script` for what it cannot honour.
 */
export function parseScript(entry: string, sender: Address): Script {
  const { before, line } = partsOf(entry);
  const words = unquote(line, (why) => badScript(line, why));
  const variables = takeVariables(words);
  if (words.some((word) => word.includes(SUBSTITUTED))) {
    throw badScript(line, "A command's output can only be the value of a variable before it.");
  }
  const script: Script = {
    ...{
      before,
      line,
      variables,
      target: "",
      signature: null,
      arguments: [],
      rpc: null,
      options: [],
    },
  };
  const free: string[] = [];
  let contract: string | undefined;

  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") {
      free.push(...words.splice(0));
    } else if (!/^-{1,2}[a-zA-Z]/.test(word)) {
      free.push(word);
    } else {
      const { name, use, value } = readOption(line, word, words);
      if (use === "wallet" && value?.toLowerCase() !== sender.toLowerCase()) {
        const shown = value ? line.replace(value, "…") : line;
        throw badScript(shown, `${name} chooses a key or a sender: the only one is the KMS key's.`);
      }
      if (use === "forge") script.options.push(name, ...(value === undefined ? [] : [value]));
      if (/^(-s|--sig)$/.test(name)) script.signature = value ?? null;
      if (/^(-[fr]|--(fork|rpc)-url)$/.test(name)) script.rpc = value ?? null;
      if (/^--(tc|target-contract)$/.test(name)) contract = value;
    }
  }

  const [target, ...rest] = free[0] === "forge" && free[1] === "script" ? free.slice(2) : free;
  if (!target) throw badScript(line, "It names no script.");
  script.target = contract && !target.includes(":") ? `${target}:${contract}` : target;
  script.arguments = rest;
  return script;
}

function takeVariables(words: string[]): Record<string, string> {
  const rest = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const assignments = words.splice(0, rest < 0 ? words.length : rest);
  return Object.fromEntries(assignments.map((word) => word.split(/=(.*)/s).slice(0, 2)));
}

function readOption(
  line: string,
  word: string,
  words: string[],
): { name: string; use: Option["use"]; value?: string } {
  const [name = "", attached] = word.startsWith("--") ? word.split(/=(.*)/s) : [word];
  const known = OPTIONS.get(name);
  if (!known) {
    const meant = closest(name, [...OPTIONS.keys()]);
    throw badScript(line, `${name} is no option that is known here; did you mean ${meant}?`);
  }
  if (!known.value) {
    // Older forges took --aws with a value.
    if (name === "--aws" && /^(true|false)$/.test(words[0] ?? "")) words.shift();
    return { name, use: known.use };
  }

  const value = attached ?? words.shift();
  if (value === undefined) throw badScript(line, `${name} has no value.`);
  return { name, use: known.use, value };
}

function badScript(line: string, why: string): ActionError {
  return new ActionError("bad-script", {
    what: `The script line "${line}" cannot be used.`,
    why,
    next: 'Write one a line, like: script/Deploy.s.sol:Deploy --sig "run(uint256)" 5',
  });
}
