import { ActionError } from "@playbook/action";
import type { Pointer } from "@playbook/subgraph";
import type { Session } from "./session.ts";

/** A deployment that stands on a block which the chain does not have. */
export type LostBlock = { deployment: string; at: Pointer };

/** How often it is asked: one of the chain's nodes may be behind the others for a while. */
const TRIES = 6;
const FIRST_PAUSE_MS = 500;

/**
 * The lost block that the live deployment stands on, if it stays on one; undefined where the chain
 * cannot be asked.
 */
export async function lostBlockOf(session: Session): Promise<LostBlock | undefined> {
  const { chain, inputs, own, ownName, node, context } = session;
  if (!chain) return undefined;
  for (let tried = 1; ; tried += 1) {
    const { live, liveAt } = await node.look(own.deployment, ownName, inputs.name);
    if (!live || !liveAt || (await chain.has(liveAt))) return undefined;
    if (tried === TRIES) return { deployment: live, at: liveAt };
    await context.clock.sleep(FIRST_PAUSE_MS * 2 ** tried, context.signal);
  }
}

/** One sentence: what answers from where. */
export function lostBlockText({ deployment, at }: LostBlock): string {
  return (
    `${deployment} answers from block ${at.number} ` +
    `(${at.hash}), which the chain does not have.`
  );
}

/** The build is the one that serves, so a deployment would change nothing. */
export function standsOnLostBlock(name: string, lost: LostBlock): ActionError {
  return new ActionError("lost-block", {
    what: `"${name}" stands on a block that the chain does not have.`,
    why:
      `${lostBlockText(lost)} The chain went back. The node follows it once it is past its old ` +
      "height, if it still can; releasing the same content deploys nothing anew.",
    next: "Wait until then, rewind it, or release it with an `edition`: see the action's README.",
  });
}
