import { isOwnText, type Mark, textOf } from "./mark.ts";

export type Branch = {
  sha: string;
  /** Undefined when its newest commit is not as this action made it. */
  mark: Mark | undefined;
  /** Whether it has the files as they are to be. */
  holds: boolean;
  /** Whether a pull request has ended with this commit, and how. */
  ended: "merged" | "closed" | undefined;
};

export type Pull = { number: number; url: string; title: string; body: string };

/** What there is. */
export type Seen = {
  branch: Branch | undefined;
  /** The open pull request of the branch into the base. */
  pull: Pull | undefined;
};

/** What is to be there. The digest is empty when the base branch has it all. */
export type Wanted = Mark & { title: string; body: string };

export type Step =
  | { do: "end"; because: "nothing differs" | "proposed" | "newer run" | "others' commits" }
  | { do: "refuse" }
  | { do: "close"; number: number }
  | { do: "create" }
  | { do: "move"; from: string }
  | { do: "open" }
  | { do: "edit"; number: number };

/**
 * The one thing to do by what there is. After it, or after somebody else did something, one looks
 * anew: so a run that died is gone on with, and of two at once the newer one's files are left.
 */
export function next({ branch, pull }: Seen, wanted: Wanted): Step {
  const isNewer = (branch?.mark?.order ?? 0) > wanted.order && !branch?.ended;
  if (wanted.digest === "") {
    if (!pull) return { do: "end", because: "nothing differs" };
    if (!branch?.mark) return { do: "end", because: "others' commits" };
    return isNewer ? { do: "end", because: "newer run" } : { do: "close", number: pull.number };
  }

  if (!branch) return { do: "create" };
  const isSame = branch.mark ? branch.mark.digest === wanted.digest : branch.holds;
  const isRight = isSame && branch.ended !== "merged";
  if (!isRight && !isNewer) {
    return branch.mark || branch.ended === "merged"
      ? { do: "move", from: branch.sha }
      : { do: "refuse" };
  }

  // Where a newer run died, its pull request is opened for it.
  if (!pull) return { do: "open" };
  if (isNewer) return { do: "end", because: "newer run" };
  if (isOwnText(pull) && (pull.title !== wanted.title || pull.body !== textOf(wanted))) {
    return { do: "edit", number: pull.number };
  }
  return { do: "end", because: "proposed" };
}
