import type { Behaviour } from "@playbook/world";
import fc from "fast-check";

/** What a version is like, on every validator alike. */
export const builds = {
  sound: {},
  slow: { startDelayMs: 1500 },
  crashing: { crashAfterMs: 150 },
  refusing: { refusesFrom: 1 },
  silent: { silent: true },
  /** Its image is not to be had. */
  absent: null,
} as const satisfies Record<string, Behaviour | null>;

export type Build = keyof typeof builds;

/** What happens to a rollout, at the time that so many validators were let go. */
export type Fault =
  | "nothing"
  | "it is killed"
  | "it is cancelled"
  | "the API server is away"
  | "somebody deletes a pod"
  | "a node is drained"
  | "two validators lose each other";

export type Scenario = { build: Build; fault: Fault; after: number; victim: number };

const faults: Fault[] = [
  "nothing",
  "it is killed",
  "it is cancelled",
  "the API server is away",
  "somebody deletes a pod",
  "a node is drained",
  "two validators lose each other",
];

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  build: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Build>("sound", "slow") },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Build>("crashing", "refusing", "silent", "absent"),
    },
  ),
  fault: fc.constantFrom(...faults),
  after: fc.integer({ min: 1, max: 4 }),
  victim: fc.integer({ min: 0, max: 4 }),
});

const isSound = ({ build }: Scenario) => build === "sound" || build === "slow";

/** How a rollout may end when all that it says is true. */
export function endings(scenario: Scenario): string[] {
  const calm = ["nothing", "it is killed", "it is cancelled", "a node is drained"];
  if (calm.includes(scenario.fault)) return [isSound(scenario) ? "done" : "taken-back"];
  // What others do to the chain may look like the new version's doing, and may use up its patience.
  return isSound(scenario) ? ["done", "taken-back", "paused"] : ["taken-back", "paused"];
}
