import type { Fork, Readiness } from "@playbook/bft";
import type { Post } from "./layout.ts";
import type { Ask } from "./observe.ts";

/** How far a node itself says that it is; `unknown` where it knows of no such fork. */
export type ForkStatus = "unknown" | "proposed" | "determined" | "enabled";

/** A fork that validators are prepared for, and how a node is asked about it. */
export type Forking = Pick<Fork, "height" | "latest"> & {
  status: (ask: Ask) => Promise<ForkStatus>;
};

/** What the nodes have said of a fork, each last. */
export class ForkWatch {
  readonly #forking: Forking;
  readonly #readiness = new Map<string, Readiness>();

  constructor(forking: Forking) {
    this.#forking = forking;
  }

  get fork(): Fork {
    const { height, latest } = this.#forking;
    return { height, latest, readiness: new Map(this.#readiness) };
  }

  async look(post: Post, isWanted: boolean, ask: Ask): Promise<void> {
    const status = await this.#forking.status(ask);
    this.#readiness.set(post.id, readinessOf(status, isWanted));
  }
}

/** A node says that it proposes a fork, but not for which block: its pod says that. */
function readinessOf(status: ForkStatus, isWanted: boolean): Readiness {
  if (status === "unknown") return "unprepared";
  if (status !== "proposed") return status;
  return isWanted ? "prepared" : "elsewhere";
}
