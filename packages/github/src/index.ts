export {
  type DownloadOptions,
  downloadArtifact,
  type Origin,
  type Uploaded,
  uploadArtifact,
} from "./artifact.ts";
export { keepComment } from "./comment.ts";
export { connect, type Octokit } from "./octokit.ts";
export { type Build, type Found, findPull, type Pull } from "./pull.ts";
export { JOB_BOT, type Sticky } from "./sticky.ts";
