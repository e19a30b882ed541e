import { ActionError, type Context, count, goOn, type Report, reason } from "@playbook/action";
import {
  check,
  type FatalError,
  ownName,
  progressLine,
  queryUrl,
  type Sample,
  type Status,
  sampled,
} from "@playbook/subgraph";
import { lostBlockOf, lostBlockText, standsOnLostBlock } from "./lost-block.ts";
import { nextOf, type View } from "./next.ts";
import { giveWay, putInPlace } from "./promote.ts";
import { outdated } from "./releases.ts";
import { type Inputs, open, type Session } from "./session.ts";
import { type Outcome, summarize } from "./summary.ts";

/** Before its deadline a run still has to say what it has done. */
const MARGIN_MS = 60_000;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;

/** How often a step is taken that the node says it has taken, and has not. */
const TRIES = 5;

/** How often it is asked for as a client would: query nodes may know it a minute later. */
const CLIENT_TRIES = 7;

/** Brings a built subgraph to serve under its public name: see action.yml. */
export async function apply(inputs: Inputs, context: Context): Promise<Report> {
  const session = await open(inputs, context);
  const lost = await lostBlockOf(session);
  if (lost) context.warn(`lost-block: ${lostBlockText(lost)}`);
  const outcome = await settle(session);
  if (outcome.state === "live") await removeOutdated(session);

  const { name, query } = inputs;
  const { build, own } = session;
  const { state, changed } = outcome;
  const url = queryUrl(query, name);
  const { digest } = build;
  return {
    outputs: { digest, deployment: own.deployment, state, changed, url },
    summary: summarize(
      { name, ownName: session.ownName, own, queries: build.queries, url, lost },
      outcome,
    ),
  };
}

/**
 * Looks, does what is next, and looks again, until there is nothing to be done or the time is up.
 */
async function settle(session: Session): Promise<Outcome> {
  const { inputs, own, context } = session;
  const { clock, signal, progress } = context;
  const until = clock.now() + Math.max(0, Math.min(inputs.wait, inputs.deadline - MARGIN_MS));
  let [isChecked, before, pause] = [false, null as string | null, FIRST_PAUSE_MS];
  // Whoever is told to go back says so once: what is put in place after that takes its place.
  let rollback = inputs.rollback;
  let samples: Sample[] = [];
  const tried = { stage: 0, promote: 0 };

  for (let isFirst = true; ; isFirst = false) {
    goOn(context);
    const view = await look(session, { isChecked, rollback });
    if (isFirst) before = view.live;
    const next = nextOf(view);
    switch (next.do) {
      case "stop":
        return { state: "superseded", by: next.by, before, changed: await giveWay(session, view) };
      case "fail":
        throw failed(session.ownName, next.fault);
      case "stage":
        await again(tried, "stage", session);
        await stage(session);
        break;
      case "check":
        await check(session.node, own.deployment, session.build.queries);
        tellAnswered(session);
        isChecked = true;
        break;
      case "promote":
        await again(tried, "promote", session);
        await putInPlace(session, { ...own, ...(rollback && { rollback }) });
        rollback = false;
        break;
      case "finish":
        await seeItServe(session);
        await seeItStand(session);
        return { state: "live", before, changed: before !== own.deployment, status: view.status };
      case "wait": {
        samples = view.status ? sampled(samples, view.status, clock.now()) : samples;
        const line = progressLine(session.ownName, view.status, samples);
        if (clock.now() >= until) return syncing(session, view.status, before, line);
        progress(line);
        await clock.sleep(Math.min(pause, until - clock.now()), signal);
        pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
      }
    }
  }
}

async function look(
  { inputs, own, ownName, node, chain, log }: Session,
  known: Pick<View, "isChecked" | "rollback">,
): Promise<View> {
  const { name, lag } = inputs;
  const [entries, seen] = await Promise.all([log.read(), node.look(own.deployment, ownName, name)]);
  const at = seen.status?.at;
  const isOnChain = !chain || !at || (await chain.has(at));
  return { own, entries, lag, isOnChain, ...known, ...seen };
}

function tellAnswered({ ownName, build, context }: Session): void {
  const names = build.queries.map(({ name }) => name).join(", ");
  if (names !== "") context.progress(`${ownName} answers as expected: ${names}.`);
}

/** Counts the tries of a step, and waits a little before each but the first. */
async function again(
  tried: { stage: number; promote: number },
  step: "stage" | "promote",
  { inputs, ownName, context }: Session,
): Promise<void> {
  const name = step === "stage" ? ownName : inputs.name;
  if (tried[step] >= TRIES) throw missing(name);
  if (tried[step] > 0) await context.clock.sleep(FIRST_PAUSE_MS * 2 ** tried[step], context.signal);
  tried[step] += 1;
}

/** Deploys the release under its own name: nobody asks there but this library. */
async function stage({ own, ownName, node, ipfs, log, build, context }: Session): Promise<void> {
  await log.append({ ...own, event: "staged" }, () => true);
  for (const upload of build.uploads) await ipfs.add(upload);
  context.progress(
    `Pinned ${count(build.uploads.length, "file")}; the subgraph is ${own.deployment}.`,
  );
  await node.create(ownName);
  await node.deploy(ownName, own.deployment);
  context.progress(`Deployed as ${ownName}, where it is out of everybody's way.`);
}

const META = "{ _meta { deployment hasIndexingErrors } }";

/** Asks as a client does until it is this release that answers. */
async function seeItServe({ inputs, own, node, context }: Session): Promise<void> {
  let said = "nothing";
  for (let tried = 0; tried < CLIENT_TRIES; tried += 1) {
    if (tried > 0) await context.clock.sleep(FIRST_PAUSE_MS * 2 ** tried, context.signal);
    const { data, errors } = await node.askName(inputs.name, META);
    const meta = (data as { _meta?: { deployment?: string } } | undefined)?._meta;
    if (errors.length === 0 && meta?.deployment === own.deployment) return;
    said = errors[0] ?? JSON.stringify(meta);
  }
  throw new ActionError("not-serving", {
    what: `What is asked for as "${inputs.name}" is not answered by this release.`,
    why: `The node has it there, and clients get: ${said}`,
    next: "Look whether the query nodes are up and read the same database; then run this again.",
  });
}

/** Whatever serves: nothing is well that answers from blocks that are gone. */
async function seeItStand(session: Session): Promise<void> {
  const lost = await lostBlockOf(session);
  if (lost) throw standsOnLostBlock(session.inputs.name, lost);
}

/**
 * The names that are of no use any more; a name that stays costs the node something, and no more.
 */
async function removeOutdated(session: Session): Promise<void> {
  const { inputs, own, node, log, context } = session;
  for (const old of outdated(await log.read(), own, inputs.name, inputs.keep)) {
    const name = ownName(inputs.name, old.release);
    try {
      const { staged } = await node.look(old.deployment, name, inputs.name);
      if (staged.length > 0) await node.remove(name);
      const { release, order, deployment } = old;
      await log.append({ release, order, deployment, event: "removed" }, () => true);
      context.progress(`Removed ${name}.`);
    } catch (error) {
      if (context.signal.aborted) throw error;
      context.warn(`${name} was not removed: ${reason(error)}`);
    }
  }
}

function syncing(
  { ownName }: Session,
  status: Status | null,
  before: string | null,
  line: string,
): Outcome {
  // It may pass, and has not in all that time.
  if (status?.fatalError) throw failed(ownName, status.fatalError);
  return { state: "syncing", before, changed: false, line };
}

function failed(name: string, { message, block, handler }: FatalError): ActionError {
  const at = [
    ...(block === null ? [] : [`at block ${block}`]),
    ...(handler === null ? [] : [`in ${handler}`]),
  ];
  return new ActionError("deployment-failed", {
    what: [`${name} failed`, ...at].join(" ").concat("."),
    why: `The node says:\n${message}`,
    next: "Mend the mappings and release again. What serves goes on serving.",
  });
}

function missing(name: string): ActionError {
  return new ActionError("deployment-missing", {
    what: `The node took the deployment of "${name}" and does not have it.`,
    why: `It was deployed ${TRIES} times, and the index status shows something else each time.`,
    next: "Look whether `admin` and `status` are of the same node, and into its log.",
  });
}
