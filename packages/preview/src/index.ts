export { withBuild } from "./build.ts";
export { type Commenter, commentAbout, commitLink } from "./comment.ts";
export { type Candidate, pullToShow } from "./pull.ts";
export { sweepEach } from "./sweep.ts";
