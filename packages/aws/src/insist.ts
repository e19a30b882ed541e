import type { Context } from "@playbook/action";
import { retry } from "./retry.ts";
import { type Session, withSession } from "./session.ts";

const PATIENCE_MS = 60_000;

type Insistence = {
  session: Session;
  context: Context;
  /** What passes with this call beyond what AWS itself says to pass. */
  passes?: (error: unknown) => boolean;
};

/**
 * Does a call in a session until it is answered for good: here and not by the SDK, whose second try
 * would know neither the session's end nor the run's.
 */
export function insist<Result>(
  work: () => Promise<Result>,
  { session, context, passes }: Insistence,
): Promise<Result> {
  const { clock, signal } = context;
  const patience = { deadlineMs: PATIENCE_MS, clock, signal };
  return retry(() => withSession(session, work), patience, passes);
}
