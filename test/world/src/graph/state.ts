import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import type { BlockPointer } from "./chain-client.ts";
import type { ChainStore } from "./chain-store.ts";
import type { Entities } from "./entities.ts";

export type Failure = {
  message: string;
  block: BlockPointer;
  deterministic: boolean;
};

export type CreatedSource = { template: string; address: string; block: number };

/** A build that is or was indexed here, whatever names it has. */
export type Deployment = {
  readonly hash: string;
  readonly network: string;
  /** Who indexes it; nobody when it is neither current nor pending under any name. */
  node: string | undefined;
  paused: boolean;
  /** Once it was within ten blocks of the chain's head, it stays synced. */
  synced: boolean;
  failure: Failure | undefined;
  readonly earliest: number;
  latest: BlockPointer | undefined;
  created: CreatedSource[];
  readonly entities: Entities;
};

/** A name, and the builds that it ever had. */
export type Name = { versions: string[]; current?: string; pending?: string };

/** All that a node remembers: what is in its database. */
export type NodeState = {
  names: Map<string, Name>;
  deployments: Map<string, Deployment>;
  /** By the names that the node has for them. */
  chains: Map<string, ChainStore>;
};

/** Its file in the node's folder. */
export const STATE = "state";

export function readState(path: string): NodeState {
  try {
    return deserialize(readFileSync(path)) as NodeState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { names: new Map(), deployments: new Map(), chains: new Map() };
  }
}

/** Whole or not at all, so that a node that is killed while it writes has what it had. */
export function writeState(path: string, state: NodeState): void {
  writeFileSync(`${path}.new`, serialize(state));
  renameSync(`${path}.new`, path);
}
