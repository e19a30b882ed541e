import { shell } from "../../../../scripts/tools.ts";
import type { Github } from "../github/github.ts";
import { account, nextId, now, type Repository, type WorkflowRun } from "../github/state.ts";
import { type Event, eventOf } from "./event.ts";
import type { Machine } from "./machine.ts";
import type { RunOptions } from "./runner.ts";
import type { RunFacts } from "./setting.ts";
import { commitOf } from "./sources.ts";
import type { Source } from "./workflow-file.ts";

/** A run before anything of its workflow has been read. */
export type Opening = { product: Source; run: WorkflowRun; event: Event } & Pick<
  RunFacts,
  "repository" | "actor" | "sha"
>;

/** Clones the product's commit for the runner, and lists the run as GitHub does. */
export async function readProduct(
  github: Github,
  { product: folder }: Machine,
  options: RunOptions,
): Promise<Opening> {
  const { product: from, repository: name = "khalani/nexus", on } = options;
  const repository = github.repository(name);
  repository.git = from;
  const actor = account(options.actor ?? "alice");
  const branch = await git(from, "symbolic-ref", "--quiet", "HEAD").catch(() => "refs/heads/main");
  const ref = options.ref ?? branch;
  const sha = await commitOf(from, options.ref).catch(() => commitOf(from));
  await git(from, "clone", "--quiet", from, folder);
  await git(folder, "checkout", "--quiet", sha);
  await git(folder, "remote", "set-url", "origin", `https://github.com/${name}`);

  const trigger = on ?? { name: "workflow_dispatch" };
  const event = eventOf(trigger, { repository, actor, ref, sha });
  const written = ref.replace(/^refs\/(heads|tags)\//, "");
  const product = { repository: name, written, ref: event.ref, sha, folder };
  const head = "pull" in trigger ? trigger.pull.head : { repository: name, branch: written, sha };
  const run = listRun(repository, options.workflow, {
    ...{ event: event.name, actor, createdAt: now() },
    ...{ headSha: head.sha, headBranch: head.branch, headRepository: head.repository },
  });
  return { product, run, event, repository, actor, sha };
}

type Beginning = Omit<WorkflowRun, "id" | "number" | "name" | "path" | "status" | "conclusion">;

function listRun({ runs }: Repository, workflow: string, beginning: Beginning): WorkflowRun {
  const run: WorkflowRun = {
    ...{ id: nextId(), number: runs.length + 1, name: workflow },
    ...{ path: `.github/workflows/${workflow}`, status: "in_progress", conclusion: null },
    ...beginning,
  };
  runs.push(run);
  return run;
}

async function git(folder: string, ...args: string[]): Promise<string> {
  const out = await shell("git", ["-C", folder, ...args], { GIT_CONFIG_GLOBAL: "/dev/null" });
  return out.trim();
}
