export { baseOf, endsBefore } from "./base.ts";
export { Bucket, type BucketInputs } from "./bucket.ts";
export {
  type Backup,
  catalogueOf,
  isWhole,
  lacksIn,
  newestWhole,
  type Stored,
  type Told,
  type Whole,
} from "./catalogue.ts";
export { type Chain, type Consequence, consequencesOf } from "./consequences.ts";
export { awaitDetached } from "./detached.ts";
export { bucketIn, connect, sessionFor, type Way } from "./entrance.ts";
export { type Fence, fenceOf, type KeyedPod, type KeyedSet } from "./fence.ts";
export {
  type Claim,
  claims,
  jobs,
  snapshotContents,
  storageClasses,
  type VolumeAttachment,
  type VolumeSnapshot,
  volumeAttachments,
  volumeSnapshots,
  volumes,
} from "./kinds.ts";
export { isAccepted, type Loss, lossOf, lossText, type Old, timeText } from "./loss.ts";
export {
  type Beginning,
  type Block,
  type Contents,
  type Manifest,
  manifestOf,
  type Part,
  readBeginning,
  readContents,
  readManifest,
  sealed,
  written,
} from "./manifest.ts";
export {
  awaitMove,
  clearMove,
  type Does,
  type Move,
  removed,
  startMove,
} from "./mover.ts";
export { blockIn, headAmong, headOf, isRunning, isSilence, NodeRpc } from "./node.ts";
export { idFor, isId, placeOf, timeOf } from "./place.ts";
export type { Like, Place, Placed } from "./placement.ts";
export {
  canBeFinished,
  type Fate,
  fatesOf,
  isInQuestion,
  type Lock,
  type Policy,
} from "./retention.ts";
export { sizeText } from "./size-text.ts";
export { agree, type Said, type StartOrder, startOrder, strangersAmong } from "./start-order.ts";
