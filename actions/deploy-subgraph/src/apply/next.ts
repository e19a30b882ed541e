import { type FatalError, faultOf, isReady, type Status } from "@playbook/subgraph";
import { type Entry, leaderOf, type Release, supersederOf } from "./releases.ts";

/** All that decides what to do next, as it is at this moment. */
export type View = {
  own: Release;
  rollback: boolean;
  /** The releases that were written down, in order. */
  entries: Entry[];
  /** Deployments under the release's own name: the current version and the pending one. */
  staged: string[];
  /** The deployment under the public name, and the one that waits there. */
  live: string | null;
  /** Of the release's deployment; null when the node does not know it. */
  status: Status | null;
  /** Whether the chain has the block that it stands on, as far as the chain can be asked. */
  isOnChain: boolean;
  /** How many blocks it may be behind. */
  lag: number;
  /** Whether it has answered the queries as expected. */
  isChecked: boolean;
};

export type Next =
  /** Another release serves, and this one is not to take its place. */
  | { do: "stop"; by: Entry }
  /** Deploy it under its own name. */
  | { do: "stage" }
  | { do: "fail"; fault: FatalError }
  | { do: "wait" }
  /** Ask it the queries. */
  | { do: "check" }
  /** Deploy it under the public name. */
  | { do: "promote" }
  | { do: "finish" };

/**
 * What a run does next. Whatever it was that ended an earlier run, the answer is found in what
 * there is: nothing else is remembered.
 */
export function nextOf(view: View): Next {
  const { own, entries, rollback, staged, live, status, lag, isOnChain, isChecked } = view;
  const by = supersederOf(own, entries, rollback);
  if (by) return { do: "stop", by };
  if (!staged.includes(own.deployment)) return { do: "stage" };
  if (!status) return { do: "wait" };

  const fault = faultOf(status);
  if (fault) return { do: "fail", fault };
  const leads = leaderOf(entries)?.release === own.release;
  if (live === own.deployment && leads) return { do: "finish" };
  if (!isReady(status, lag) || !isOnChain) return { do: "wait" };
  return isChecked ? { do: "promote" } : { do: "check" };
}
