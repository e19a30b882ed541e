export { type Answer, ask, type Question } from "./ask.ts";
export { connectionError, type Fault, faultOf } from "./connection.ts";
export { type Clock, type Context, cancelled, goOn, realClock } from "./context.ts";
export { ActionError, type Explanation, explain, reason } from "./error.ts";
export { duration, flag, lines, list, parseInputs, variable } from "./inputs.ts";
export { later } from "./later.ts";
export { agentsFor } from "./network.ts";
export { type Cell, failureSummary, fit, type Report, table } from "./report.ts";
export { start } from "./start.ts";
