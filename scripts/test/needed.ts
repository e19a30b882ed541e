import { type ToolName, toolNames } from "../tools.ts";

/** What nothing but the benchmarks uses. */
const BENCHMARKS: ToolName[] = ["awscli", "s5cmd", "s3s-fs"];

/** What nothing but the whole sweeps uses. */
const WHOLE: ToolName[] = ["aws-iam-authenticator"];

/**
 * The tools that the tests use. A tool is one of them until it is said not to be: what is not
 * installed before the tests is missing on a machine that has nothing.
 */
export function neededTools(isWhole: boolean): ToolName[] {
  const others = isWhole ? BENCHMARKS : [...BENCHMARKS, ...WHOLE];
  return toolNames.filter((name) => !others.includes(name));
}
