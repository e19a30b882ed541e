export {
  type DownloadOptions,
  downloadArtifact,
  type Origin,
  type Uploaded,
  uploadArtifact,
} from "./artifact.ts";
export { keepComment } from "./comment.ts";
export {
  deploymentsOf,
  type KnownPreview,
  keepDeployment,
  type Preview,
  type PreviewPlace,
  removeDeployments,
} from "./deployment.ts";
export { hasReviewers } from "./environment.ts";
export { harmless } from "./harmless.ts";
export { connect, failureOf, type Octokit } from "./octokit.ts";
export { type Build, type Found, findPull, newestPull, type Pull, stateOfPull } from "./pull.ts";
export { refusal } from "./refusal.ts";
export { JOB_BOT, type Sticky } from "./sticky.ts";
