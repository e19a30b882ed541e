import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Github, Pull } from "@playbook/world";
import { change } from "./change.ts";

/** A product's repository in a world. */
type Product = { world: { dir: string; github: Github }; folder: string; repository: string };

/** A branch of the product or of a fork of it: a folder of its own, and its pull request. */
export type Branch = { folder: string; pull: Pull; actor: string };

/** Somebody opens a pull request, from the product's repository or from a fork of it. */
export async function openBranch(
  { world, folder: product, repository }: Product,
  actor: string,
  from = repository,
): Promise<Branch> {
  const folder = join(world.dir, `branch-of-${actor}`);
  await cp(product, folder, { recursive: true });
  const head = { repository: from, branch: "more", sha: "" };
  return { folder, actor, pull: world.github.openPull(repository, { head }) };
}

/** A commit on the branch, as GitHub knows of it at once. */
export async function push({ folder, pull }: Branch, files: Record<string, string>): Promise<void> {
  pull.head.sha = await change(folder, files);
}

/** What is said on its pull request. */
export function commentsOn({ world, repository }: Product, { pull }: Branch): string[] {
  const { comments } = world.github.repository(repository);
  return comments.filter(({ issue }) => issue === pull.number).map(({ body }) => body);
}
