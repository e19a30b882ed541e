import { ActionError, type Context, reason } from "@playbook/action";
import type { Ended, Environment } from "@playbook/child";
import { type Address, gasPolicy, hostOf } from "@playbook/evm";
import { complete, writeRecord } from "../record.ts";
import { checkRecorded, passedBy, withHint } from "./check.ts";
import { runCommands, valuesOf } from "./command.ts";
import { failureOf, NOWHERE, runsNowhere, stepReverts } from "./failure.ts";
import { simulate } from "./forge.ts";
import { applyTo, estimate, type Fork, type Mined, makeRoom } from "./fork.ts";
import { exceedsBlock, gasLimit } from "./gas.ts";
import { meter } from "./metering.ts";
import type { Project } from "./project.ts";
import { findPassed } from "./reached.ts";
import { forgetRecordings, type Recorded, type Recording, readRecording } from "./recording.ts";
import type { Script } from "./script.ts";

/** All that the simulation of a release goes on in. */
export type Stage = {
  project: Project;
  /** The project's copy. */
  folder: string;
  sender: Address;
  forks: Fork[];
  /** How many scripts the release has. */
  scripts: number;
  /** Alias to fork, for `--rpc-url`. */
  aliases: Map<string, Fork>;
  forge: string;
  env: Environment;
  /** Variables by which the project's endpoints are the forks, whatever else they are set to. */
  endpoints: Environment;
  margin: number;
  commit: string | null;
};

/** A transaction that was made by a script and has happened on a fork. */
export type Happened = Recorded & {
  fork: Fork;
  /** Its limit. */
  gas: number;
  used: number;
  /** The part of it that its data takes. */
  dataGas: number;
  mined: Mined;
};

/** A script that ran, and what of it has happened. */
export type Ran = { recording: Recording | undefined; happened: Happened[] };

/**
 * Runs one script as the sender on the forks as earlier scripts left them, then makes its
 * transactions happen there. Throws what is wrong with the script, or with a transaction of it.
 */
export async function runScript(script: Script, stage: Stage, context: Context): Promise<Ran> {
  const recording = await record(script, stage, context);
  const happened: Happened[] = [];
  const { transactions = [] } = recording ?? {};
  for (const fork of stage.forks) {
    const own = transactions.filter(({ chainId }) => chainId === fork.live.chainId);
    await makeRoom(fork, own.length);
  }
  for (const transaction of transactions) {
    context.signal.throwIfAborted();
    happened.push(await happen(transaction, script, stage));
  }
  if (recording) await leaveRecord(recording, happened, stage, context);
  return { recording, happened };
}

/** What the script makes on the forks as they are. Throws what keeps it from being a plan's. */
async function record(
  script: Script,
  stage: Stage,
  { signal }: Context,
): Promise<Recording | undefined> {
  const { folder, forks, project, sender } = stage;
  const rpc = startOf(script, stage);
  const shell = { folder, env: { ...stage.env, ...stage.endpoints }, signal };
  await runCommands(script, shell);
  const variables = await valuesOf(script, shell);
  await forgetRecordings(folder, project.settings);
  const env = { ...stage.env, ...variables, ...stage.endpoints };
  const { src: sources } = project.settings;
  const ended = await simulate(script, { ...stage, sources, env, rpc, signal });
  const chains = forks.map(({ live }) => live.name);
  if (isNowhere(rpc, ended)) throw runsNowhere(script, chains);

  const failed = ended.code !== 0;
  const recording = failed ? undefined : await readRecording(folder, project.settings, script);
  const { transactions = [] } = recording ?? {};
  const passed = await findPassed({ ...ended, transactions }, sender, forks);
  if (failed) {
    const error = failureOf(script, { ...ended, scratch: folder });
    const isHint = passed && error.code === "script-reverted";
    throw isHint ? await withHint(error, passed, project, stage.scripts) : error;
  }
  if (passed) throw await passedBy(script, passed, project, stage.scripts);
  await checkRecorded(transactions, script, sender, forks, project);
  return recording;
}

/**
 * A script with no chain to run on fails at whatever it looks for there, or sends into the void.
 */
function isNowhere(rpc: string | null, { code, stdout }: Ended): boolean {
  if (code === 0) return stdout.includes(NOWHERE);
  return rpc === null && stdout.includes("Traces:") && !/VM::\w*(F|f)ork\(/.test(stdout);
}

/** The endpoint that the line asks for; the only chain's fork when it asks for none. */
function startOf({ rpc, line }: Script, { forks, aliases }: Stage): string | null {
  if (rpc === null) return forks.length === 1 ? (forks[0]?.url ?? null) : null;
  const fork = aliases.get(rpc) ?? forks.find(({ live }) => String(live.chainId) === rpc);
  if (fork) return fork.url;
  throw new ActionError("bad-script", {
    what: `The script line "${line}" cannot be used.`,
    why: `--rpc-url names no chain of the release: those are ${[...aliases.keys()].join(", ")}.`,
    next: "Write a chain's name after --rpc-url: it then runs on the fork of that chain.",
  });
}

async function happen(recorded: Recorded, script: Script, stage: Stage): Promise<Happened> {
  const fork = stage.forks.find(({ live }) => live.chainId === recorded.chainId) as Fork;
  const { capped, blockLimit, name, metadata } = fork.live;
  const step = `The transaction with nonce ${recorded.nonce} on ${name}`;
  await checkNonce(recorded, fork, step);

  const executing = await estimate(fork, recorded).catch((error) => {
    const said = reason(error);
    throw (
      exceedsBlock(said, fork.live, step) ?? stepReverts(step, script, said, fork.live.hardfork)
    );
  });
  const needed = await meter(fork.live, recorded, executing);
  const margin = gasPolicy(metadata).margin ?? stage.margin;
  const gas = gasLimit(needed, { margin, blockLimit, capped }, step);
  const mined = await applyTo(fork, recorded, recorded.nonce, gas);
  if (!mined.succeeded) {
    const said = "It runs out of gas, or reverts when mined.";
    throw stepReverts(step, script, said, fork.live.hardfork);
  }
  const { execution, data: dataGas } = needed;
  return { ...recorded, fork, gas, used: execution + dataGas, dataGas, mined };
}

async function checkNonce({ from, nonce, rpc }: Recorded, fork: Fork, step: string): Promise<void> {
  const expected = Number(await fork.rpc.send("eth_getTransactionCount", from, "latest"));
  if (nonce === expected) return;
  const host = URL.canParse(rpc) ? hostOf(rpc) : rpc;
  if (host !== hostOf(fork.url)) {
    throw new ActionError("nonce-gap", {
      what: `${step} should have nonce ${expected}.`,
      why:
        `The script reaches ${fork.live.name} by itself, at ${host}: that ` +
        "node is behind, or the key is in use.",
      next: "Plan again with a node that is in sync; nothing else may send with the key meanwhile.",
    });
  }
  throw new ActionError("nonce-gap", {
    what: `${step} should have nonce ${expected}.`,
    why:
      "The script set a nonce itself, or sends the same " +
      "account's transactions from several forks.",
    next: "Leave nonces to forge: no vm.setNonce for the sender, one fork a chain.",
  });
}

/** Forge's own record in the copy, for later scripts that read `broadcast/`. */
async function leaveRecord(
  { path, content }: Recording,
  happened: Happened[],
  { folder, commit }: Stage,
  { clock }: Context,
): Promise<void> {
  const outcomes = happened.map(({ mined }) => mined);
  const told = { commit, timestamp: clock.now() };
  await writeRecord(folder, path, complete(content, outcomes, told), told.timestamp);
}
