import type { GraphNode } from "@playbook/world";
import { NAME } from "./scene.ts";

type Meta = { deployment: string; hasIndexingErrors: boolean; block: { number: number } };
type Answer = { data?: { _meta?: Meta; peers?: unknown[] }; errors?: { message: string }[] };

/** A client that asks the public name all the time, and keeps each answer. */
export type Watch = {
  /** Ends it; its answers, the first to the last. */
  end(): Promise<Answer[]>;
};

const PATIENCE_MS = 60_000;
const QUERY = "{ _meta { deployment hasIndexingErrors block { number } } peers { id } }";

/** Begins to ask. */
export function watch({ queryUrl }: Pick<GraphNode, "queryUrl">, name = NAME): Watch {
  const answers: Answer[] = [];
  let isOver = false;
  const ask = async () => {
    const body = JSON.stringify({ query: QUERY });
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const asked = { method: "POST", body, signal };
    const answer = await fetch(`${queryUrl}/subgraphs/name/${name}`, asked);
    answers.push((await answer.json()) as Answer);
  };
  const asking = (async () => {
    while (!isOver) await ask();
  })().catch((error) => {
    answers.push({ errors: [{ message: String(error) }] });
  });
  return {
    end: async () => {
      isOver = true;
      await asking;
      return answers;
    },
  };
}

/**
 * Throws unless each answer was whole: of one of these deployments, without an error, and of a
 * block at which it had caught up. Before the first of them was there, the name was unknown.
 * Resolves to the deployments that answered, in order.
 */
export function wholeAnswers(
  answers: Answer[],
  deployments: string[],
  block: number,
  name = NAME,
): string[] {
  const known = answers.findIndex(({ data }) => data !== undefined);
  const before = known < 0 ? answers : answers.slice(0, known);
  for (const { errors } of before) {
    expect(errors).toEqual([{ message: `deployment \`${name}\` does not exist` }]);
  }
  const seen: string[] = [];
  for (const { data, errors } of known < 0 ? [] : answers.slice(known)) {
    expect(errors).toBeUndefined();
    expect(data?.peers).toEqual([]);
    expect(data?._meta?.hasIndexingErrors).toBe(false);
    expect(data?._meta?.block.number).toBeGreaterThanOrEqual(block);
    const deployment = data?._meta?.deployment ?? "";
    expect(deployments).toContain(deployment);
    if (seen.at(-1) !== deployment) seen.push(deployment);
  }
  return seen;
}
