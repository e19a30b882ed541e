export {
  type Decision,
  decide,
  type Failure,
  type Outcome,
  type Policy,
  progressOf,
  step,
} from "./decide.ts";
export {
  blocksIn,
  earliestFork,
  type Fork,
  inVain,
  isCarried,
  isDetermined,
  isLate,
  isOff,
  latestFor,
  type Readiness,
  type Schedule,
} from "./fork.ts";
export {
  type NextChange,
  nextChange,
  type SetChange,
  type Standing,
  without,
} from "./membership.ts";
export { begin, type Insight, look, type Memory, turnBack } from "./memory.ts";
export { type Commit, headOf, type Node, type Presence, presences, those } from "./presence.ts";
export { stallLimit, type Timing } from "./timing.ts";
export {
  type Endurance,
  enduranceOf,
  hasQuorum,
  quorum,
  tolerance,
  totalWeight,
  type Validator,
  type ValidatorSet,
  weightOf,
} from "./validators.ts";
export type { Member, View } from "./view.ts";
