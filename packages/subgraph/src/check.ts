import { ActionError } from "@playbook/action";
import type { GraphNode } from "./graph-node.ts";
import { type Difference, differences, type Query } from "./queries.ts";

/** How much of an answer is quoted. */
const QUOTED = 200;
const QUOTED_DIFFERENCES = 10;

/** How a query of the repository's own was answered: as expected where nothing says why not. */
export type Verdict = { name: string; why: string | undefined };

/** Asks a deployment all queries of the repository. */
export async function verdictsOf(
  node: GraphNode,
  deployment: string,
  queries: Query[],
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const query of queries) {
    verdicts.push({ name: query.name, why: await faultOf(node, deployment, query) });
  }
  return verdicts;
}

/**
 * Throws `expectation-failed` with what the first query that is not answered as expected says, and
 * how many more there are.
 */
export async function check(node: GraphNode, deployment: string, queries: Query[]): Promise<void> {
  const failed = (await verdictsOf(node, deployment, queries)).filter(({ why }) => why);
  const [first, ...others] = failed;
  if (!first) return;
  const more = others.length > 0 ? `\nNor are: ${others.map(({ name }) => name).join(", ")}` : "";
  throw new ActionError("expectation-failed", {
    what: `The query "${first.name}" is not answered as expected.`,
    why: first.why + more,
    next: "Mend the mappings or the expectation and release again. What serves goes on serving.",
  });
}

async function faultOf(
  node: GraphNode,
  deployment: string,
  { text, variables, data: expected }: Query,
): Promise<string | undefined> {
  const { data, errors } = await node.askDeployment(deployment, text, variables);
  if (errors.length > 0) return `The node answers with an error:\n${errors.join("\n")}`;
  if (data === undefined || data === null) return "The node answers nothing.";
  const found = expected === undefined ? [] : differences(expected, data);
  if (found.length === 0) return undefined;
  const shown = found.slice(0, QUOTED_DIFFERENCES).flatMap(lines);
  return ["The answer differs:", ...shown].join("\n");
}

function lines({ path, expected, found }: Difference): string[] {
  return [path, `- ${quoted(expected)}`, `+ ${quoted(found)}`];
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}
