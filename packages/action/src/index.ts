export { type Answer, ask, type Question, type Tls } from "./ask.ts";
export { connectionError, type Fault, faultOf } from "./connection.ts";
export { type Clock, type Context, cancelled, goOn, realClock } from "./context.ts";
export { ActionError, type Explanation, explain, reason } from "./error.ts";
export { hideUrls } from "./hide-urls.ts";
export {
  duration,
  flag,
  lines,
  list,
  need,
  parseInputs,
  variable,
  wholeNumber,
} from "./inputs.ts";
export { type Job, jobOf, orderOfTurn, type Turn } from "./job.ts";
export { later } from "./later.ts";
export { type Agents, agentsFor } from "./network.ts";
export { type Cell, failureSummary, fit, type Report, table } from "./report.ts";
export { type Judge, type Patience, retry } from "./retry.ts";
export { shipped } from "./shipped.ts";
export { byName, code, count, shortRelease } from "./shown.ts";
export { start } from "./start.ts";
