export {
  type DownloadOptions,
  downloadArtifact,
  type Origin,
  type Uploaded,
  uploadArtifact,
} from "./artifact.ts";
