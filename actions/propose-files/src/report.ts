import { ActionError, type Report } from "@playbook/action";
import type { Change } from "./change.ts";
import type { Proposal } from "./propose.ts";

type At = { server: string; repository: string; branch: string; base: string };

/** More of them are in the pull request. */
const SHOWN = 50;

/** What became of a proposal, for later steps and for people. */
export function reportOf({ because, pull, commit, changes }: Proposal, at: At): Report {
  const page = comparePage(at);
  const isForbidden = because === "forbidden";
  const url = pull?.url ?? (isForbidden ? page : "");
  const outputs = {
    ...{ "pull-request": pull ? String(pull.number) : "", url },
    ...{ commit: commit ?? "", changed: changes.length > 0 },
  };
  const link = pull && `[#${pull.number}](${pull.url})`;
  const said = {
    proposed: `Proposed in ${link}.`,
    closed: `\`${at.base}\` has it all: the pull request was closed.`,
    "nothing differs": `\`${at.base}\` has it all: there is nothing to propose.`,
    "newer run": `A newer run has proposed its own files${link ? ` in ${link}` : ""}.`,
    "others' commits": `\`${at.base}\` has it all. ${link} has commits of others, and stays.`,
    forbidden: `The branch \`${at.branch}\` is there, and [this page](${page}) opens its pull request.`,
  }[because];
  const summary = [said, ...listOf(changes)].join("\n\n");
  return { outputs, summary, ...(isForbidden && { failure: pullsForbidden(page) }) };
}

function listOf(changes: Change[]): string[] {
  if (changes.length === 0) return [];
  const lines = changes.slice(0, SHOWN).map(({ path, before }) => `${before ? "~" : "+"} ${path}`);
  const more = changes.length > SHOWN ? [`  and ${changes.length - SHOWN} more`] : [];
  return [["```text", ...lines, ...more, "```"].join("\n")];
}

function comparePage({ server, repository, base, branch }: At): string {
  const [from, to] = [base, branch].map((name) =>
    name.split("/").map(encodeURIComponent).join("/"),
  );
  return `${server}/${repository}/compare/${from}...${to}?expand=1`;
}

function pullsForbidden(page: string): ActionError {
  return new ActionError("pulls-forbidden", {
    what: "The repository does not let its jobs open pull requests.",
    why: "Its setting forbids it, or its organisation's; the branch is there all the same.",
    next:
      'Switch on "Allow GitHub Actions to create and approve pull requests" under Settings, ' +
      `Actions, General, and run the job again; or open it by hand: ${page}`,
  });
}
