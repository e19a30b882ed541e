import type { Query } from "@playbook/subgraph";
import { parse, validate } from "graphql";
import { apiSchema } from "./api.ts";
import type { Source } from "./source.ts";

/** A query of the repository's own that the next version refuses. */
export type BrokenQuery = {
  name: string;
  why: string[];
  /** Whether the live version takes it; undefined where there is none. */
  isLive: boolean | undefined;
};

/** Which of the repository's own queries are none to the schema that is to come. */
export function brokenQueries(
  queries: Pick<Query, "name" | "text">[],
  next: Source,
  live: Source | undefined,
): BrokenQuery[] {
  const [after, before] = [apiSchema(next), live && apiSchema(live)];
  return queries.flatMap(({ name, text }) => {
    const document = parse(text);
    const why = validate(after, document).map(({ message }) => message);
    if (why.length === 0) return [];
    return [{ name, why, isLive: before && validate(before, document).length === 0 }];
  });
}
