import { harmless } from "@playbook/github";

export type Origin = {
  server: string;
  repository: string;
  /** Id of the run that made the plan. */
  run: number;
  headSha: string;
};

/** A comment's text, ours around a stranger's, and where the whole of that is. */
export function commentText(
  summary: string,
  { server, repository, run, headSha }: Origin,
): { body: string; whole: string } {
  const page = `${server}/${repository}/actions/runs/${run}`;
  const commit = `[\`${headSha.slice(0, 7)}\`](${server}/${repository}/commit/${headSha})`;
  const origin = `Plan of ${commit}, as the code of this pull request tells it in [its run](${page}).`;
  return { body: `<sub>${origin}</sub>\n\n${harmless(summary)}`, whole: `[the run](${page})` };
}
