import { described as describedPull, describedRepository } from "../github/pulls.ts";
import { described as describedRun } from "../github/runs.ts";
import type { Account, Pull, Repository, WorkflowRun } from "../github/state.ts";

/** What starts a run. */
export type Trigger =
  | { name: "workflow_dispatch"; inputs?: Record<string, string> }
  | { name: "push" }
  | { name: "schedule"; schedule?: string }
  | { name: "pull_request" | "pull_request_target"; pull: Pull; action?: string }
  | { name: "workflow_run"; run: WorkflowRun }
  /** Any other, with what GitHub would send. */
  | { name: "custom"; event: string; payload: object };

export type Event = {
  name: string;
  payload: object;
  /** Of the run: a pull request has its own, everything else the one that was named. */
  ref: string;
  headRef: string;
  baseRef: string;
  /** Nobody of the repository stands behind it: no secrets, no identity, a token that reads. */
  untrusted: boolean;
};

const DEPENDABOT = "dependabot[bot]";

export function eventOf(
  trigger: Trigger,
  {
    repository,
    actor,
    ref,
    sha,
  }: { repository: Repository; actor: Account; ref: string; sha: string },
): Event {
  const common = { repository: describedRepository(repository), sender: actor };
  const event = (payload: object, more: Partial<Event> = {}): Event => ({
    ...{ name: trigger.name, ref, headRef: "", baseRef: "", untrusted: false },
    ...{ payload: { ...common, ...payload }, ...more },
  });

  switch (trigger.name) {
    case "workflow_dispatch":
      return event({ inputs: trigger.inputs ?? {}, ref });
    case "push":
      return event({ ref, after: sha, before: "0".repeat(40), deleted: false, commits: [] });
    case "schedule":
      return event({ schedule: trigger.schedule ?? "0 0 * * *" });
    case "workflow_run":
      return event({ action: "completed", workflow_run: describedRun(trigger.run, repository) });
    case "custom":
      return event(trigger.payload, { name: trigger.event });
  }
  const { pull, action = "opened", name } = trigger;
  const { number, head, base } = pull;
  const fork = head.repository !== repository.name || actor.login === DEPENDABOT;
  const payload = { action, number, pull_request: describedPull(pull, repository) };
  const refs = { headRef: head.branch, baseRef: base.branch };
  // The target's own branch runs, and trusts itself.
  if (name === "pull_request_target") {
    return event(payload, { ...refs, ref: `refs/heads/${base.branch}` });
  }
  return event(payload, { ...refs, ref: `refs/pull/${number}/merge`, untrusted: fork });
}
