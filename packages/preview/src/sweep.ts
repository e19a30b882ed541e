import { ActionError, type Context } from "@playbook/action";
import { type Octokit, stateOfPull } from "@playbook/github";

/** How a pull request stands. */
export type State = Awaited<ReturnType<typeof stateOfPull>>;

export type Swept<Taken> = {
  taken: Taken[];
  /** The first one that failed. */
  failure?: ActionError;
};

/**
 * Looks after the previews of pull requests, one after the other. One that fails is said, and does
 * not keep the others from being looked after.
 */
export async function sweepEach<Taken>(
  pulls: Iterable<number>,
  { octokit, repository }: { octokit: Octokit; repository: string },
  tidy: (pull: number, state: State) => Promise<Taken>,
  context: Context,
): Promise<Swept<Taken>> {
  const swept: Swept<Taken> = { taken: [] };
  for (const pull of [...pulls].sort((one, other) => one - other)) {
    try {
      const state = await stateOfPull(octokit, { repository, number: pull });
      swept.taken.push(await tidy(pull, state));
    } catch (error) {
      if (!(error instanceof ActionError) || context.signal.aborted) throw error;
      context.warn(`#${pull}: ${error.message}`);
      swept.failure ??= error;
    }
  }
  return swept;
}
