import { ActionError } from "@playbook/action";
import { failureOf, type Octokit, refusal } from "@playbook/github";
import { type Change, changesOf, digestOf, type Entry } from "./change.ts";
import { type ProposedFile, parents } from "./file.ts";
import { type Mark, type Marked, markOf, messageOf, textOf } from "./mark.ts";
import type { Branch, Pull, Seen, Wanted } from "./next.ts";

export type Place = {
  octokit: Octokit;
  owner: string;
  repo: string;
  branch: string;
  base: string;
};

type Commit = Marked & { sha: string };

/** A look at the repository: what there is, and what the files are otherwise than in the base. */
export type Look = Seen & { base: Commit; changes: Change[]; digest: string };

/** One repository, of which git's objects are asked for once: they never change. */
export class ProductRepository {
  readonly #place: Place;
  readonly #objects = new Map<string, Promise<unknown>>();

  constructor(place: Place) {
    this.#place = place;
  }

  /** Throws `base-missing`, and what `refusal` and `changesOf` make. */
  async look(files: ProposedFile[]): Promise<Look> {
    const { base: into, branch } = this.#place;
    const tip = await this.#tipOf(into);
    if (!tip) throw baseMissing(into);
    const base = await this.#commit(tip);
    const changes = changesOf(files, await this.#entriesOf(base.tree, files));

    const sha = await this.#tipOf(branch);
    const pulls = await this.#pulls();
    const open = pulls.find(({ state }) => state === "open");
    return {
      ...{ base, changes, digest: digestOf(changes) },
      branch: sha ? await this.#branchAt(sha, files, pulls) : undefined,
      pull: open && pullOf(open),
    };
  }

  /** Makes the commit of a proposal, which is nowhere yet. */
  async commit({ base, changes }: Look, { title, order, digest }: Wanted): Promise<string> {
    const { octokit } = this.#place;
    const bySha = new Map(changes.map((change) => [change.sha, change]));
    for (const { sha, content } of bySha.values()) await this.#writeBlob(sha, content);
    const tree = await this.#told("write", async () => {
      const entries = changes.map(({ path, mode, sha }) => ({
        ...{ path, mode: mode as "100644" | "100755", type: "blob" as const, sha },
      }));
      const asked = { ...this.#where(), base_tree: base.tree, tree: entries };
      return (await octokit.rest.git.createTree(asked)).data.sha;
    });
    const within = { tree, parents: [base.sha] };
    const message = messageOf(title, { order, digest }, within);
    return await this.#told("write", async () => {
      return (await octokit.rest.git.createCommit({ ...this.#where(), ...within, message })).data
        .sha;
    });
  }

  async createBranch(sha: string): Promise<void> {
    const { octokit, branch } = this.#place;
    await octokit.rest.git.createRef({ ...this.#where(), ref: `refs/heads/${branch}`, sha });
  }

  /**
   * Moves the branch if it is still at `from`: of GitHub's two APIs, only this one can say that.
   */
  async moveBranch({ from, to }: { from: string; to: string }): Promise<void> {
    const { octokit, branch } = this.#place;
    const { data } = await octokit.rest.repos.get(this.#where());
    const update = { name: `refs/heads/${branch}`, beforeOid: from, afterOid: to, force: true };
    await octokit.graphql(MOVE, { input: { repositoryId: data.node_id, refUpdates: [update] } });
  }

  async openPull(words: { title: string; body: string }): Promise<void> {
    const { octokit, branch: head, base } = this.#place;
    const asked = { ...this.#where(), head, base, title: words.title, body: textOf(words) };
    await octokit.rest.pulls.create(asked);
  }

  async editPull(number: number, words: { title: string; body: string }): Promise<void> {
    const asked = { ...this.#where(), pull_number: number };
    const { title } = words;
    await this.#place.octokit.rest.pulls.update({ ...asked, title, body: textOf(words) });
  }

  async closePull(number: number): Promise<void> {
    const asked = { ...this.#where(), pull_number: number, state: "closed" as const };
    await this.#place.octokit.rest.pulls.update(asked);
  }

  async #branchAt(sha: string, files: ProposedFile[], pulls: Listed[]): Promise<Branch> {
    const commit = await this.#commit(sha);
    const mark: Mark | undefined = markOf(commit);
    const past = pulls.filter(({ state, head }) => state === "closed" && head.sha === sha);
    const isMerged = past.some(({ merged_at }) => merged_at);
    const ended = isMerged ? "merged" : past.length > 0 ? "closed" : undefined;
    // What a person made of the branch may be right as well.
    const holds = !mark && this.#isWithin(files, await this.#entriesOf(commit.tree, files));
    return { sha, mark, holds, ended };
  }

  #isWithin(files: ProposedFile[], tree: Map<string, Entry>): boolean {
    try {
      return changesOf(files, tree).length === 0;
    } catch {
      return false;
    }
  }

  async #tipOf(branch: string): Promise<string | undefined> {
    const { octokit } = this.#place;
    return await this.#told("read", async () => {
      try {
        const asked = { ...this.#where(), ref: `heads/${branch}` };
        return (await octokit.rest.git.getRef(asked)).data.object.sha;
      } catch (error) {
        // A repository without a commit says 409.
        if ([404, 409].includes(failureOf(error).status ?? 0)) return undefined;
        throw error;
      }
    });
  }

  async #commit(sha: string): Promise<Commit> {
    return await this.#once(`commit ${sha}`, async () => {
      const asked = { ...this.#where(), commit_sha: sha };
      const { data } = await this.#place.octokit.rest.git.getCommit(asked);
      const { message, tree, parents } = data;
      return { sha, message, tree: tree.sha, parents: parents.map((parent) => parent.sha) };
    });
  }

  /**
   * What a tree has at the files' paths and above them. GitHub tells a whole tree at once up to a
   * size; one that is larger is gone through folder by folder.
   */
  async #entriesOf(tree: string, files: ProposedFile[], within = ""): Promise<Map<string, Entry>> {
    const all = await this.#tree(tree, true);
    if (!all.truncated) return new Map(all.entries.map((it) => [within + it.path, it]));

    const needed = new Set(files.flatMap(({ path }) => parents(path)));
    const found = new Map<string, Entry>();
    for (const entry of (await this.#tree(tree, false)).entries) {
      const path = within + entry.path;
      found.set(path, entry);
      if (entry.type !== "tree" || !needed.has(path)) continue;
      const below = await this.#entriesOf(entry.sha, files, `${path}/`);
      for (const [name, one] of below) found.set(name, one);
    }
    return found;
  }

  async #tree(sha: string, isWhole: boolean) {
    return await this.#once(`tree ${sha} ${isWhole}`, async () => {
      const whole = isWhole && { recursive: "1" };
      const asked = { ...this.#where(), tree_sha: sha, ...whole };
      const { tree, truncated } = (await this.#place.octokit.rest.git.getTree(asked)).data;
      const entries = tree.map(({ path, mode, type, sha }) => ({ path, mode, type, sha }));
      return { entries, truncated };
    });
  }

  async #writeBlob(sha: string, content: Buffer): Promise<void> {
    await this.#once(`blob ${sha}`, async () => {
      const base64 = { content: content.toString("base64"), encoding: "base64" };
      await this.#place.octokit.rest.git.createBlob({ ...this.#where(), ...base64 });
    });
  }

  /** Pull requests of the branch into the base, the newest first; a fork's are none of it. */
  async #pulls(): Promise<Listed[]> {
    const { octokit, owner, repo, branch, base } = this.#place;
    const all = { state: "all", sort: "created", direction: "desc", per_page: 100 } as const;
    const asked = { owner, repo, head: `${owner}:${branch}`, base, ...all };
    const { data } = await this.#told("read", () => octokit.rest.pulls.list(asked));
    const own = `${owner}/${repo}`.toLowerCase();
    return data.filter(
      ({ head, base: into }) =>
        head.repo?.full_name.toLowerCase() === own && head.ref === branch && into.ref === base,
    );
  }

  async #once<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const known = this.#objects.get(name) as Promise<Result> | undefined;
    if (known) return await known;
    const made = this.#told(name.startsWith("blob") ? "write" : "read", work);
    this.#objects.set(name, made);
    return await made;
  }

  #where(): { owner: string; repo: string } {
    const { owner, repo } = this.#place;
    return { owner, repo };
  }

  async #told<Result>(access: "read" | "write", work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw proposalRefusal(error, this.#place.branch, access);
    }
  }
}

const MOVE =
  "mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }";

type Listed = Awaited<ReturnType<Octokit["rest"]["pulls"]["list"]>>["data"][number];

/** The words for what GitHub did not do about a proposal. */
export function proposalRefusal(
  error: unknown,
  branch: string,
  access: "read" | "write" = "write",
): ActionError {
  const rights = `\`contents: ${access}\` and \`pull-requests: ${access}\``;
  const { status, message } = failureOf(error);
  if (status === 403 && /not accessible by/i.test(message)) {
    return new ActionError("permission-missing", {
      what: `The token has no right for the pull request of the branch ${branch}.`,
      why:
        `It lacks ${rights}, or one of them. A run for a fork's pull ` +
        "request never has more than reading.",
      next: `Grant the job ${rights}, or give another \`token\`.`,
    });
  }
  return refusal(error, {
    doing: `the pull request of the branch ${branch}`,
    permission: "pull-requests: write",
  });
}

function pullOf({ number, html_url: url, title, body }: Listed): Pull {
  return { number, url, title, body: body ?? "" };
}

function baseMissing(base: string): ActionError {
  return new ActionError("base-missing", {
    what: `The repository has no branch ${base}.`,
    why: "The files are to go into it, and there is nothing to compare them with.",
    next: "Correct the input `base`, or make the first commit of the repository.",
  });
}
