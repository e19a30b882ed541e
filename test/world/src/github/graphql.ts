import { buildSchema, graphql } from "graphql";
import { grants } from "../runner/permissions.ts";
import { commitAt, moveRef } from "./git.ts";
import type { Told } from "./route.ts";
import type { Bearer, Repository } from "./state.ts";

/**
 * What of GitHub's published schema is used: docs.github.com/graphql/reference/mutations#updaterefs
 */
const schema = buildSchema(`
  scalar GitObjectID
  scalar GitRefname
  type Query { rateLimit: Int }
  type Mutation { updateRefs(input: UpdateRefsInput!): UpdateRefsPayload }
  type UpdateRefsPayload { clientMutationId: String }
  input UpdateRefsInput {
    clientMutationId: String
    refUpdates: [RefUpdate!]!
    repositoryId: ID!
  }
  input RefUpdate {
    afterOid: GitObjectID!
    beforeOid: GitObjectID
    force: Boolean = false
    name: GitRefname!
  }
`);

type Input = {
  refUpdates: { afterOid: string; beforeOid?: string; force: boolean; name: string }[];
  repositoryId: string;
};

/** GitHub's other API, which alone moves a ref only from where it was thought to be. */
export async function answerGraphql(
  { query, variables }: { query: string; variables?: Record<string, unknown> },
  { permissions }: Bearer,
  repository: Repository,
): Promise<Told> {
  const updateRefs = async ({ input }: { input: Input }) => {
    const [update, ...others] = input.refUpdates;
    const { git } = repository;
    if (!grants(permissions, "contents", "write")) {
      throw new Error("Resource not accessible by integration");
    }
    if (!git || !update || others.length > 0 || input.repositoryId !== nodeIdOf(repository)) {
      throw new Error("Could not resolve to a node with the global id");
    }
    const { name: ref, afterOid: to, beforeOid: from = "", force } = update;
    // A fast-forward is nothing that anybody here asks for.
    const moved = force && (await commitAt(git, to)) && (await moveRef(git, { ref, from, to }));
    // What GitHub says of a ref that is somewhere else, too.
    if (!moved) throw new Error("Something went wrong while executing your query.");
    return {};
  };
  const body = await graphql({
    ...{ schema, source: query, rootValue: { updateRefs } },
    ...(variables && { variableValues: variables }),
  });
  return { status: 200, body };
}

export function nodeIdOf({ id }: Repository): string {
  return `R_${id}`;
}
