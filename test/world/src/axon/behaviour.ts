import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * How a build of the validators' program behaves. All is well unless something here says
 * otherwise; heights are blocks' numbers.
 */
export type Behaviour = {
  /** What `axon --version` says; 0.3.1-beta without it. */
  version?: string;
  /**
   * Whose build it is: axonweb3/axon, or tvl-labs/el-axon, whose validators' list can be changed at
   * once (`updateValidatorList`) and whose hard forks are never determined.
   */
  flavour?: "axon" | "el-axon";
  /** Of its data: it takes older data along and does not start on newer; 1 without it. */
  dataVersion?: number;
  /** Before `axon run` does anything. */
  startDelayMs?: number;
  /** Runs, but serves no JSON-RPC. */
  neverReady?: boolean;
  /** Ends with exit code 101 so long after its start. */
  crashAfterMs?: number;
  crashAtHeight?: number;
  /** Runs, answers and syncs, but tells nobody of what it signs. */
  silent?: boolean;
  /** From this height on it commits and syncs nothing. */
  wedgedAt?: number;
  /** From this height on it finds every block of others wrong: a chain that has too many stops. */
  refusesFrom?: number;
  /** From this height on it executes otherwise than others do. */
  forksAt?: number;
  /** Spoils its data when it commits this height: it does not start a second time. */
  corruptsAt?: number;
  /** For each block that it syncs. */
  syncDelayMs?: number;
  /** From SIGTERM to its end. */
  stopDelayMs?: number;
  ignoresSigterm?: boolean;
};

/** Writes the file that WORLD_AXON_BEHAVIOUR names. */
export async function writeBehaviour(
  folder: string,
  name: string,
  behaviour: Behaviour,
): Promise<string> {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify(behaviour));
  return path;
}
