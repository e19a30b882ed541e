import type { Policy } from "@playbook/bft";
import type { Kind, Scene } from "@playbook/rollout";

/**
 * Stops all validators and starts them, where two versions cannot run side by side. `from` is
 * Helm's revision before it. Each, done twice, is as done once.
 */
export type Stopping = {
  /** Throws `snapshot-failed` where all are stopped and none was started. */
  forward(from: number): Promise<void>;
  back(from: number): Promise<void>;
  /** What keeps all of them from starting; null when nothing is known to. */
  troubleIn(scene: Scene): Promise<string | null>;
  /** The last block from before it, as of now; undefined when there is nothing to go back to. */
  lastBefore(head: number, from: number): Promise<number | undefined>;
  /** The block that all made since may be lost back to, by a person's word. */
  acceptLoss: number | undefined;
};

/** What else a rollout has to know. */
export type Way = {
  /** All are changed at once, in this way. */
  stopping?: Stopping;
  /** For one validator to vote again, in milliseconds; the default is the input's. */
  member?: number;
  /** What is done when it is too late for the fork that the validators are prepared for. */
  late?: Policy["late"];
};

export function kindOf({ stopping, late }: Way): Kind {
  if (stopping) return "jump";
  return late ? "fork" : "rollout";
}
