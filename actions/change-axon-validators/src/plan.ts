import { ActionError, type Context, count, type Report, table } from "@playbook/action";
import { nextChange, type SetChange, type ValidatorSet } from "@playbook/bft";
import { until } from "@playbook/kube";
import { findWay, signerFor } from "./begin.ts";
import { fewestOf, type Inputs, LiveChain, type Look, nameOf, wantedOf } from "./chain.ts";
import { decide, type Failure } from "./decide.ts";
import { failureOf } from "./failures.ts";
import { checkIdentities } from "./identity.ts";
import { differingIn, weightsOf } from "./members.ts";
import type { Entry, Way } from "./pending.ts";
import { SetRecord } from "./record.ts";
import { endText, enduranceText, memberTable, outputsOf } from "./summary.ts";
import { checkWanted, type Wanted } from "./wanted.ts";

/** More changes than any set has. */
const MANY = 1_000;

/** What would be changed, in which order and by which way; nothing is. */
export async function plan(inputs: Inputs, context: Context): Promise<Report> {
  using chain = await LiveChain.open(inputs, context);
  const record = await SetRecord.open(chain.kube, inputs.namespace, context);
  const look = await until(
    () => chain.look(),
    (now) => now.seen.stalled || chain.isKnown(now),
    { what: "everybody's votes are known", deadlineMs: inputs.patience, context },
  );
  const { entry } = record;
  const wanted = wantedOf(inputs, chain);
  const { changes, refused } = pathOf(chain, wanted);
  const found = await judge(chain, look, entry, wanted, inputs, changes, refused, context);
  const { failure, way } = found;
  const named = (id: string) => nameOf(id, chain, wanted);
  const summary = [
    `## Validators: ${count(changes.length, "change")}`,
    endText(look, chain, entry),
    failure ? `🛑 ${failure.what} ${failure.why} ${failure.next}` : wayText(way, changes),
    changeTable(changes, named),
    stopText(look, entry, wanted, changes, inputs, named),
    memberTable(look, chain, wanted),
    enduranceText(chain),
    entry ? "" : "Nobody has announced this chain's validators yet: the first `apply` does.",
  ];
  return {
    outputs: {
      ...outputsOf(look, chain, entry),
      changes: changes.map(({ kind, id, weight }) => ({ kind, publicKey: id, weight })),
      way: way?.kind ?? "",
      "can-apply": !failure,
    },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
    ...(failure && { failure }),
  };
}

/** All changes in their order, when everybody votes who is to. */
function pathOf(chain: LiveChain, wanted: readonly Wanted[]) {
  const changes: SetChange[] = [];
  let set: ValidatorSet = weightsOf(chain.members);
  let differing = differingIn(chain.members, wanted);
  for (let at = 0; at < MANY; at += 1) {
    const ids = new Set([...set, ...weightsOf(wanted)].map(({ id }) => id));
    const next = nextChange({ set, wanted: weightsOf(wanted), voting: ids, ready: ids, differing });
    if (next.do === "refuse") return { changes, refused: next.id };
    if (next.do !== "change") break;
    changes.push(next.change);
    set = next.change.set;
    differing = new Set([...differing].filter((id) => id !== next.change.id));
  }
  return { changes, refused: null };
}

/** What would be in the way of an `apply`, the first of it. */
async function judge(
  chain: LiveChain,
  look: Look,
  entry: Entry | null,
  wanted: readonly Wanted[],
  inputs: Inputs,
  changes: readonly SetChange[],
  refused: string | null,
  context: Context,
): Promise<{ failure: ActionError | null; way: Way | null }> {
  const named = (id: string) => nameOf(id, chain, wanted);
  const told = (failure: Failure) => ({ failure: failureOf(failure, named), way: null });
  try {
    await checkIdentities(chain, look, inputs, context);
    checkWanted(wanted, chain.members, fewestOf(inputs));
    const first = firstStep(chain, look, entry, wanted, inputs);
    if (first.do === "end" && first.failure) return told(first.failure);
    if (look.seen.stalled) return told({ code: "chain-stands-still", ids: [] });
    if (refused) return told({ code: "change-unsafe", ids: [refused] });
    const [next] = changes;
    if (!next) return { failure: null, way: null };
    signerFor(next, chain, look, inputs);
    const way = await findWay(chain, entry, look.seen.head, inputs);
    return { failure: null, way };
  } catch (error) {
    if (error instanceof ActionError) return { failure: error, way: null };
    throw error;
  }
}

/** What an `apply` would do first, were the set announced that there is. */
function firstStep(
  chain: LiveChain,
  look: Look,
  entry: Entry | null,
  wanted: readonly Wanted[],
  { acceptSet: accept, patience, epochWait, stopRemoved: stop }: Inputs,
) {
  const { seen } = look;
  const sight = {
    ...{ now: seen.now, head: seen.head, stalled: seen.stalled, known: chain.isKnown(look) },
    ...{ members: chain.members, voting: seen.voting, ready: seen.inStep, entry },
    ...{ receipt: null, heights: new Map<string, number>(), running: new Map<string, string>() },
  };
  return decide(sight, { wanted, accept, patience, epochWait, stop });
}

function wayText(way: Way | null, changes: readonly SetChange[]): string {
  if (changes.length === 0) return "The chain's validators are as they are wanted.";
  if (way?.kind === "epoch") {
    return (
      `The chain takes another set with epoch ${way.epoch}, from block ${way.start} on, ` +
      `and each further change with another epoch. That epoch ends with block ${way.end}.`
    );
  }
  return "The chain takes each change with the next block.";
}

/** Whose nodes an `apply` would stop at its end. */
function stopText(
  { scene }: Look,
  entry: Entry | null,
  wanted: readonly Wanted[],
  changes: readonly SetChange[],
  { stopRemoved }: Inputs,
  named: (id: string) => string,
): string {
  if (!stopRemoved) return "";
  const running = scene.posts.filter(({ pod }) => pod !== undefined).map(({ id }) => id);
  const gone = changes.filter(({ kind }) => kind === "remove").map(({ id }) => id);
  const out = [...(entry?.removed ?? []), ...gone];
  const ids = leaving(out, { running, wanted: wanted.map(({ pub_key }) => pub_key) });
  return ids.length > 0 ? `Stopped once all is as wanted: ${ids.map(named).join(", ")}.` : "";
}

/** Of those that are out, who still runs and is not to come back, each once. */
export function leaving(
  out: readonly string[],
  { running, wanted }: { running: readonly string[]; wanted: readonly string[] },
): string[] {
  return [...new Set(out)].filter((id) => running.includes(id) && !wanted.includes(id));
}

const WORDS = { add: "taken in", remove: "taken out", weigh: "weighs otherwise" };

function changeTable(changes: readonly SetChange[], nameOf: (id: string) => string): string {
  if (changes.length === 0) return "";
  const rows = changes.map(({ kind, id, weight, set }, at) => [
    at + 1,
    nameOf(id),
    WORDS[kind],
    weight,
    set.length,
  ]);
  return table(["", "validator", "is", "weight", "validators then"], rows);
}
