import type { Pointer } from "./chain.ts";

/** What stopped a deployment, in the node's words. */
export type FatalError = {
  message: string;
  block: number | null;
  handler: string | null;
  /** False for what may pass by itself: the node tries again. */
  deterministic: boolean;
};

/** How far a deployment has come, as the node tells it. */
export type Status = {
  synced: boolean;
  health: "healthy" | "unhealthy" | "failed";
  fatalError: FatalError | null;
  /** Errors that the node went on after: what came of those blocks is missing. */
  nonFatalErrors: FatalError[];
  /** Of the chain that is furthest behind; null before the first block. */
  block: number | null;
  /** The same with its hash. */
  at: Pointer | null;
  head: number | null;
  entities: string | null;
  paused: boolean;
};

/** Blocks between the deployment and the chain's head; undefined while the node knows neither. */
export function lagOf({ block, head }: Status): number | undefined {
  return block === null || head === null ? undefined : Math.max(0, head - block);
}

/** What keeps a deployment from ever serving; undefined while nothing does. */
export function faultOf({ health, fatalError, nonFatalErrors }: Status): FatalError | undefined {
  if (fatalError) return fatalError.deterministic ? fatalError : undefined;
  if (health === "healthy") return undefined;
  return nonFatalErrors[0] ?? UNTOLD;
}

const UNTOLD: FatalError = {
  message: "The node gives no reason.",
  block: null,
  handler: null,
  deterministic: true,
};

/**
 * Whether a deployment is told to be ill, and not why: graph-node reads that in two queries,
 * between which one that skips an error becomes one that failed (store/postgres/src/detail.rs).
 */
export function isUntold(status: Status): boolean {
  return faultOf(status) === UNTOLD;
}

/** Whether it may serve: it has caught up, and nothing went wrong on its way. */
export function isReady(status: Status, lag: number): boolean {
  const behind = lagOf(status);
  const isWell = status.health === "healthy" && !status.fatalError;
  return isWell && status.synced && behind !== undefined && behind <= lag;
}
