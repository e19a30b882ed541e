export { type Build, type Made, originText, PARTS, readBuild } from "./build-folder.ts";
export { Chain, type Pointer } from "./chain.ts";
export { check, type Verdict, verdictsOf } from "./check.ts";
export {
  ADMIN_TIMEOUT_MS,
  askLive,
  GraphNode,
  type NodeUrls,
  queryUrl,
  type Seen,
} from "./graph-node.ts";
export { apiOf, Ipfs } from "./ipfs.ts";
export { isName, ownName } from "./names.ts";
export { progressLine, progressWords, type Sample, sampled } from "./progress.ts";
export { type Query, readQueries } from "./queries.ts";
export { hostOf } from "./reach.ts";
export { type FatalError, faultOf, isReady, type Status } from "./status.ts";
export { deploymentOf, MANIFEST, manifestOf, type Upload, uploadsOf } from "./upload.ts";
