import type { Fork } from "./fork.ts";
import type { Commit, Node } from "./presence.ts";
import type { Timing } from "./timing.ts";
import type { ValidatorSet } from "./validators.ts";

/** The pod of a validator, and what its controller is to make of it. */
export type Member = {
  /** The validator's id. */
  readonly id: string;
  readonly pod: string;
  /** Changes with each process that runs in its place. */
  readonly incarnation: string;
  /** Revision of the pod there is; null while there is none. */
  readonly revision: string | null;
  /** Revision of the pod that the controller makes once it may replace it. */
  readonly wanted: string;
  /** Whether the controller may replace it: nothing holds it any more. */
  readonly released: boolean;
  /** Its pod is there and not being deleted: if that is of another revision, nothing happens. */
  readonly resting: boolean;
  /** Id of the validator whose pod its controller replaces before this one. */
  readonly after: string | null;
  /** Why it does not come up, where Kubernetes says that it will not by itself. */
  readonly trouble: string | null;
  /** Of its volume, from before it is let go. */
  readonly snapshot: "unwanted" | "missing" | "pending" | "taken";
};

/** All that is seen of a chain at one moment. */
export type View = {
  /** Milliseconds on a clock that only goes forward. */
  readonly now: number;
  readonly set: ValidatorSet;
  readonly timing: Timing;
  readonly commits: readonly Commit[];
  readonly nodes: ReadonlyMap<string, Omit<Node, "since">>;
  readonly members: readonly Member[];
  /** How many nodes without a vote there are, any of which a validator may be connected with. */
  readonly followers?: number;
  /** Whether others may evict a validator's pod; `unguarded` when no budget is there to ask. */
  readonly evictions: "open" | "shut" | "unguarded";
  /** What the validators are being prepared for, if it is for that that they are changed. */
  readonly fork?: Fork | undefined;
};
