import { placeholdersIn } from "@playbook/access";
import { ActionError, type Context, cancelled, goOn } from "@playbook/action";
import { openSigner, writerOf } from "@playbook/broadcast";
import { announcedAs } from "@playbook/hyperlane";
import { statements } from "../access.ts";
import type { Chains } from "../chains.ts";
import type { Entry } from "../entry.ts";
import type { Fleet } from "./begun.ts";
import { type Agent, type Paid, Payer } from "./payer.ts";
import { amountsOn, capOf } from "./sight.ts";
import { type Funding, inUnits, type Target } from "./targets.ts";

/** A chain on which not everybody who is due was paid. */
export type Unpaid = { chain: string; error: ActionError };

/** A chain that is of no use now, and who may be due something there. */
export type Left = { chain: string; names: string[] };

export type FundingResult = { paid: Paid[]; unpaid: Unpaid[]; left: Left[] };

export type FundInputs = Funding & {
  role?: string | undefined;
  /** `s3://bucket/prefix`, or a folder. */
  state: string;
  fleet: Fleet;
  run: string;
};

/** What the statements name that are for funding alone. */
const OWN = ["keyArn", "bucket"];

/** What a chain comes to that is of no use now: the next run asks it again. */
const DOWN = ["rpc-unreachable", "rpc-refused", "nodes-disagree", "cancelled"];

/** For a chain to take payments into blocks, and to make them final. */
const PATIENCE_MS = 30 * 60_000;

/**
 * Pays all agents that are due something, all chains at once; none waits for another. Throws what
 * is wrong with the key or the state before anything is sent.
 */
export async function fund(
  inputs: FundInputs,
  { entries, chains }: { entries: readonly Entry[]; chains: Chains },
  context: Context,
): Promise<FundingResult> {
  const rights = {
    statements: statements.filter((one) => placeholdersIn(one).some((name) => OWN.includes(name))),
    ...{ session: "playbook-funding", signs: true },
  };
  const opened = await openSigner(inputs, rights, context);
  await opened.checked;
  const { fleet } = inputs;
  using patience = patienceOf(context);
  const own = { ...context, signal: patience.signal };
  const tools = { opened, chains, fleet, writer: writerOf(inputs), context: own };
  const silent = new Set(chains.unreached.map(({ chain }) => chain));
  const asked = inputs.targets.filter(({ chain }) => !silent.has(chain));
  const payers = asked.map((target) => {
    const chain = chains.named(target.chain);
    const cap = inUnits(capOf(chain.name, inputs.caps), chain);
    const agents = agentsOn(chain.name, entries);
    return new Payer({ chain, agents, amounts: amountsOn(chain, target), cap }, tools);
  });
  const results = await Promise.allSettled(payers.map((one) => one.pay()));
  goOn(context);
  const unpaid = results.flatMap((one, at): Unpaid[] => {
    if (one.status === "fulfilled") return [];
    const error = patience.signal.aborted ? patience.signal.reason : one.reason;
    if (!(error instanceof ActionError)) throw error;
    return [{ chain: asked[at]?.chain ?? "", error }];
  });
  const failed = leave(unpaid, chains, context);
  const paid = payers.flatMap(({ paid }) => paid);
  return { paid, unpaid: failed, left: leftIn(inputs.targets, entries, chains) };
}

/** Who may be due something where nobody could be asked. */
function leftIn(
  targets: readonly Target[],
  entries: readonly Entry[],
  { unreached }: Chains,
): Left[] {
  const left = targets.filter((target) => unreached.some(({ chain }) => chain === target.chain));
  return left.map(({ chain, ...aims }) => {
    const due = agentsOn(chain, entries).filter(({ kind }) => aims[kind] !== undefined);
    return { chain, names: due.map(({ name }) => name) };
  });
}

/** Over with the run, or when the chains have had their time. */
function patienceOf({ clock, signal }: Context): Disposable & { signal: AbortSignal } {
  const [late, done] = [new AbortController(), new AbortController()];
  const why = `A chain has not made payments final in ${PATIENCE_MS / 60_000} minutes.`;
  void clock.sleep(PATIENCE_MS, AbortSignal.any([signal, done.signal])).then(
    () => late.abort(cancelled(why)),
    () => {},
  );
  return {
    signal: AbortSignal.any([signal, late.signal]),
    [Symbol.dispose]: () => done.abort(),
  };
}

/** A chain that is down is left to the next run, and holds up nobody. */
function leave(unpaid: Unpaid[], chains: Chains, context: Context): Unpaid[] {
  const down = unpaid.filter(({ error }) => DOWN.includes(error.code));
  for (const { chain, error } of down) {
    context.warn(`Nobody is funded on ${chain} now. ${error.why}`);
    chains.leave(chain, error.why);
  }
  return unpaid.filter((one) => !down.includes(one));
}

/** Who pays for gas there. */
function agentsOn(chain: string, entries: readonly Entry[]): Agent[] {
  return entries.flatMap(({ name, kind, address, wanted }) => {
    if (!wanted?.needs.paysOn.includes(chain)) return [];
    const { bucket } = wanted.needs;
    return [{ name, kind, address, place: bucket && announcedAs(bucket) }];
  });
}
