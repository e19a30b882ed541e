import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { ActionError } from "@playbook/action";
import { canonical, type Digest, digestOf } from "@playbook/state";
import { z } from "zod";
import { type Query, readQueries } from "./queries.ts";
import { type Upload, uploadsOf } from "./upload.ts";

const made = z.object({
  format: z.literal("playbook.subgraph-build"),
  version: z.literal(1),
  commit: z.string().nullable(),
  /** When the commit was made, in seconds since the epoch. */
  order: z.number(),
});

export type Made = Pick<z.output<typeof made>, "commit" | "order">;

/** What a build hands over, read and judged. */
export type Build = Made & { digest: Digest; uploads: Upload[]; queries: Query[] };

/** Where the parts lie: what graph-cli made, the queries, and where all of it comes from. */
export const PARTS = { subgraph: "subgraph", queries: "queries", origin: "build.json" };

/** The text of `build.json`. */
export function originText({ commit, order }: Made): string {
  return canonical({ format: "playbook.subgraph-build", version: 1, commit, order });
}

/** Reads a build. Throws `build-refused`, also for another one than was asked for. */
export async function readBuild(folder: string, expected: string | undefined): Promise<Build> {
  const digest = await digestOfFolder(folder);
  if (expected && digest !== expected) {
    throw refused(`It has the digest ${digest} in place of ${expected}.`);
  }
  const text = await readFile(join(folder, PARTS.origin), "utf8").catch(() => "null");
  const parsed = made.safeParse(JSON.parse(text));
  if (!parsed.success) throw refused(`There is no ${PARTS.origin} in it that could be read.`);
  const [uploads, queries] = await Promise.all([
    uploadsOf(join(folder, PARTS.subgraph)),
    readQueries(join(folder, PARTS.queries)),
  ]);
  return { ...parsed.data, digest, uploads, queries };
}

/** One digest of all that counts in a build's folder: each file, by its path. */
async function digestOfFolder(folder: string): Promise<Digest> {
  const there = await stat(folder).catch(() => undefined);
  if (!there?.isDirectory()) throw refused(`There is no folder ${folder}.`);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => path !== "summary.md")
    .sort();
  const files = await Promise.all(
    paths.map(async (path) => ({ path, digest: digestOf(await readFile(join(folder, path))) })),
  );
  return digestOf(canonical(files));
}

function refused(why: string): ActionError {
  return new ActionError("build-refused", {
    what: "The build is not the one that was asked for.",
    why,
    next: "Give the folder or artifact that `mode: build` wrote, and the digest that it put out.",
  });
}
