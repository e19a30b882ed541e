import { randomUUID } from "node:crypto";
import { ADMIN_TIMEOUT_MS } from "@playbook/subgraph";
import type { View } from "./next.ts";
import { type Entry, leaderOf, type Release, supersederOf, unsettledBefore } from "./releases.ts";
import type { Session } from "./session.ts";

/**
 * How long another run's word is waited for. Once this run's own is written, that run sends nothing
 * any more; what it had sent just before is answered or given up by then.
 */
const SETTLED_IN_MS = 2 * ADMIN_TIMEOUT_MS;

const PAUSE_MS = 5_000;

/**
 * Deploys a build under the public name. graph-node takes whatever comes last, so it is written
 * down before, and when it is over: whoever is to follow waits until then, and no older release
 * comes after a newer one. Does nothing when, by then, another release is to serve.
 */
export async function putInPlace(
  session: Session,
  release: Release & Pick<Entry, "rollback">,
): Promise<void> {
  const { inputs, node, log, context } = session;
  const entry: Entry = { ...release, event: "promoted", id: randomUUID() };
  const isDue = (entries: Entry[]) => !supersederOf(release, entries, release.rollback ?? false);
  if (!(await log.append(entry, isDue))) return;
  await othersSettled(session, entry);

  await node.create(inputs.name);
  const isWanted = async () => leaderOf(await log.read())?.deployment === release.deployment;
  const isDone = await node.deploy(inputs.name, release.deployment, isWanted);
  await settle(session, entry);
  if (isDone) context.progress(`Deployed as ${inputs.name}.`);
}

/** Puts the release back that is to serve, where this one has got in its way. */
export async function giveWay(session: Session, { live }: View): Promise<boolean> {
  const leader = leaderOf(await session.log.read());
  if (!leader || live !== session.own.deployment || leader.deployment === live) return false;
  const { release, order, deployment } = leader;
  await putInPlace(session, { release, order, deployment });
  return true;
}

/**
 * Waits for those who said before that they put another version in place; a killed one never ends.
 */
async function othersSettled(session: Session, entry: Entry): Promise<void> {
  const { log, context } = session;
  const { clock, signal, progress } = context;
  const until = clock.now() + SETTLED_IN_MS;
  for (let isFirst = true; ; isFirst = false) {
    const open = unsettledBefore(entry, await log.read());
    if (open.length === 0) return;
    if (clock.now() >= until) {
      for (const one of open) await settle(session, one);
      return;
    }
    const names = [...new Set(open.map((one) => one.release))].join(", ");
    if (isFirst) progress(`Another run is putting ${names} in place: waiting until that is over.`);
    await clock.sleep(Math.min(PAUSE_MS, until - clock.now()), signal);
  }
}

/** Nothing of it is to come any more. */
async function settle({ log }: Session, { release, order, deployment, id }: Entry): Promise<void> {
  await log.append({ release, order, deployment, event: "settled", id }, () => true);
}
