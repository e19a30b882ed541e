export { align, allowanceOf, evictionsBy, restore, shut } from "./budget.ts";
export type { Forking, ForkStatus } from "./fork-watch.ts";
export { claim, holdAll, open, type RenderedSets, settle } from "./hold.ts";
export { type Expression, isMet, isSelected, type LabelSelector, selects } from "./labels.ts";
export {
  FENCED,
  isObserved,
  isPodOf,
  isWanted,
  memberOf,
  type Post,
  PUBLIC_KEY,
  placesOf,
  podNameOf,
  postsOf,
  revisionOf,
  type Vacancy,
  vacanciesOf,
  wayOf,
} from "./layout.ts";
export { leave } from "./leaving.ts";
export { type Ask, type ChainReader, Observer, type Scene, type Target } from "./observe.ts";
export { partingClient } from "./parting.ts";
export { progressLines } from "./progress.ts";
export {
  type Entry,
  entryIn,
  isCutShort,
  isUnfinished,
  type Kind,
  RolloutRecord,
  recordName,
} from "./record.ts";
export { type Parts, type Result, Rollout } from "./rollout.ts";
export { SnapshotFailures, Snapshots, snapshotFailed } from "./snapshots.ts";
export { type Story, storyOf, storyText } from "./story.ts";
export { isNew, Timeline } from "./timeline.ts";
export { Troubles, troubleOf } from "./trouble.ts";
