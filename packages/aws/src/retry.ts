import { type Patience, retry as retryAny } from "@playbook/action";
import { isPassing, retryAfter } from "./failure.ts";

/**
 * Repeats what a repetition can mend, as AWS's errors say, and what else the caller knows to pass.
 */
export function retry<Result>(
  attempt: () => Promise<Result>,
  patience: Patience,
  passes: (error: unknown) => boolean = () => false,
): Promise<Result> {
  const judge = { isPassing: (error: unknown) => isPassing(error) || passes(error), retryAfter };
  return retryAny(attempt, patience, judge);
}
