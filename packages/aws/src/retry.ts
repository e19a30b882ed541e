import { type Patience, retry as retryAny } from "@playbook/action";
import { isPassing, retryAfter } from "./failure.ts";

/** Repeats what a repetition can mend, as AWS's errors say. */
export function retry<Result>(attempt: () => Promise<Result>, patience: Patience): Promise<Result> {
  return retryAny(attempt, patience, { isPassing, retryAfter });
}
