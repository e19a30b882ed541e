import {
  commitAt,
  type GitCommit,
  moveRef,
  readCommit,
  readTree,
  type TreeEntry,
  writeBlob,
  writeCommit,
  writeTree,
} from "./git.ts";
import { type Ask, notFound, type Route, type Told } from "./route.ts";

const base = "/repos/{owner}/{repo}/git";
const read: Route["needs"] = [{ scope: "contents", level: "read" }];
const write: Route["needs"] = [{ scope: "contents", level: "write" }];

/** How many entries a tree is told with; GitHub's own limit is 100,000. */
const MOST_ENTRIES = 1_000;

/** Git's objects and refs, kept by git itself in the folder of the repository. */
export const gitRoutes: Route[] = [
  { method: "GET", path: `${base}/ref/{ref}`, needs: read, answer: within(getRef) },
  { method: "POST", path: `${base}/refs`, needs: write, answer: within(createRef) },
  { method: "GET", path: `${base}/commits/{commit_sha}`, needs: read, answer: within(getCommit) },
  { method: "POST", path: `${base}/commits`, needs: write, answer: within(createCommit) },
  { method: "GET", path: `${base}/trees/{tree_sha}`, needs: read, answer: within(getTree) },
  { method: "POST", path: `${base}/trees`, needs: write, answer: within(createTree) },
  { method: "POST", path: `${base}/blobs`, needs: write, answer: within(createBlob) },
];

function within(answer: (folder: string, ask: Ask) => Promise<Told>): Route["answer"] {
  return async (ask) => {
    const { git } = ask.repository;
    return git ? await answer(git, ask) : { status: 409, body: { message: EMPTY } };
  };
}

const EMPTY = "Git Repository is empty.";

async function getRef(folder: string, { path, repository }: Ask): Promise<Told> {
  const sha = await commitAt(folder, `refs/${path.ref}`);
  return sha ? { status: 200, body: describedRef(repository, `refs/${path.ref}`, sha) } : notFound;
}

async function createRef(folder: string, { body, repository }: Ask): Promise<Told> {
  const { ref, sha } = body;
  if (await commitAt(folder, ref)) return unprocessable("Reference already exists");
  if (!(await commitAt(folder, sha))) return unprocessable("Object does not exist");
  const moved = await moveRef(folder, { ref, from: "0".repeat(40), to: sha });
  if (!moved) return unprocessable("Reference update failed");
  return { status: 201, body: describedRef(repository, ref, sha) };
}

async function getCommit(folder: string, { path }: Ask): Promise<Told> {
  const sha = await commitAt(folder, path.commit_sha ?? "");
  return sha ? { status: 200, body: described(await readCommit(folder, sha)) } : notFound;
}

async function createCommit(folder: string, { body }: Ask): Promise<Told> {
  const { tree, parents = [], message } = body;
  const sha = await writeCommit(folder, { tree, parents, message });
  return { status: 201, body: described(await readCommit(folder, sha)) };
}

async function getTree(folder: string, { path, query }: Ask): Promise<Told> {
  const sha = path.tree_sha ?? "";
  const tree = await readTree(folder, { sha, recursive: query.has("recursive") });
  if (!tree) return notFound;
  const truncated = tree.length > MOST_ENTRIES;
  return { status: 200, body: { sha, tree: tree.slice(0, MOST_ENTRIES), truncated } };
}

async function createTree(folder: string, { body }: Ask): Promise<Told> {
  const entries: TreeEntry[] = body.tree;
  const sha = await writeTree(folder, { base: body.base_tree, entries });
  return { status: 201, body: { sha, tree: await readTree(folder, { sha, recursive: false }) } };
}

async function createBlob(folder: string, { body }: Ask): Promise<Told> {
  const encoding = body.encoding === "base64" ? "base64" : "utf8";
  const sha = await writeBlob(folder, Buffer.from(body.content, encoding));
  return { status: 201, body: { sha, url: "" } };
}

function unprocessable(message: string): Told {
  return { status: 422, body: { message } };
}

function describedRef({ name }: Ask["repository"], ref: string, sha: string) {
  const url = `https://api.github.com/repos/${name}/git`;
  return {
    ref,
    url: `${url}/${ref}`,
    object: { type: "commit", sha, url: `${url}/commits/${sha}` },
  };
}

function described({ sha, tree, parents, message, author, committer }: GitCommit) {
  return {
    ...{ sha, message, author, committer, tree: { sha: tree, url: "" } },
    parents: parents.map((sha) => ({ sha, url: "", html_url: "" })),
  };
}
