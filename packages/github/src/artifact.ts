import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Artifact, DefaultArtifactClient, type FindOptions } from "@actions/artifact";
import { ActionError, type Context, count, goOn, reason } from "@playbook/action";
import { ArchiveRefused, unpack } from "./archive.ts";
import { patiently } from "./octokit.ts";
import { refusal } from "./refusal.ts";

/** A stored artifact: GitHub's id and `sha256:` with the hexadecimal digest of its archive. */
export type Uploaded = { id: number; digest: string };

/** Another run than the job's own. The token needs `actions: read` there. */
export type Origin = { runId: number; repository: string; token: string };

export type DownloadOptions = {
  /** Without it, the artifact is of the run that the job belongs to. */
  from?: Origin;
  /** What `uploadArtifact` returned: an archive with other bytes is refused. */
  digest?: string;
};

/** Generous for what is passed on between jobs, and within what any runner's disk holds. */
const LIMITS = { archiveBytes: 256 * 2 ** 20, bytes: 1024 * 2 ** 20, entries: 20_000 };

/**
 * Stores the files below `folder`, hidden ones too, under paths relative to it. An artifact of this
 * name that the run has already, from an earlier attempt of the job, is replaced.
 * Throws `artifact-unavailable`, `artifact-refused` (a link, or nothing to store),
 * `artifact-failed`.
 */
export async function uploadArtifact(
  name: string,
  folder: string,
  context: Context,
): Promise<Uploaded> {
  needRuntime(name);
  const files = await filesBelow(name, folder);
  const client = new DefaultArtifactClient();
  const upload = () => client.uploadArtifact(name, files, folder);

  const { id, digest } = await folded(`Storing artifact "${name}"`, context, () =>
    told(name, context, async () => {
      try {
        return await upload();
      } catch (error) {
        if (!isTaken(error)) throw error;
        await client.deleteArtifact(name);
        return await upload();
      }
    }),
  );
  if (id === undefined || digest === undefined) throw new Error("GitHub gave no id or digest");
  context.progress(`Stored artifact "${name}": ${count(files.length, "file")}.`);
  return { id, digest: `sha256:${digest}` };
}

/**
 * Fetches the newest artifact of this name and puts its files into the folder `into`, which then
 * holds nothing else. Its bytes are held against the digest that GitHub has, and `digest` if given.
 * Throws `artifact-unavailable`, `artifact-missing`, `artifact-refused`, `artifact-failed`; the
 * folder is then as it was.
 */
export async function downloadArtifact(
  name: string,
  into: string,
  context: Context,
  { from, digest }: DownloadOptions = {},
): Promise<void> {
  if (!from) needRuntime(name);
  refuseAround(name, into);
  const scratch = await mkdtemp(join(tmpdir(), "artifact-"));
  try {
    const archive = await folded(`Fetching artifact "${name}"`, context, () =>
      fetchArchive(name, scratch, context, { from, digest }),
    );
    await replaceBy(into, (fresh) =>
      unpack(archive, fresh, LIMITS).catch((error) => {
        throw error instanceof ArchiveRefused
          ? refused(name, `Of its archive: ${error.message}`)
          : error;
      }),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  context.progress(`Fetched artifact "${name}" into ${into}.`);
}

async function fetchArchive(
  name: string,
  scratch: string,
  context: Context,
  { from, digest }: DownloadOptions,
): Promise<string> {
  const client = new DefaultArtifactClient();
  const findBy = from && findOptions(from);
  const found = await told(
    name,
    context,
    async () => (await client.getArtifact(name, findBy)).artifact,
  );
  if (found.size > LIMITS.archiveBytes) throw refused(name, tooLarge(found.size));
  // The client's own unpacking follows links and knows no limits, so only the bytes are its matter.
  const options = { path: scratch, skipDecompress: true, ...findBy };
  await told(name, context, () => client.downloadArtifact(found.id, options));

  const archive = await onlyFile(scratch);
  await checkBytes(name, archive, found, digest);
  return archive;
}

function findOptions({ runId, repository, token }: Origin): FindOptions {
  const [repositoryOwner = "", repositoryName = ""] = repository.split("/");
  return { findBy: { token, workflowRunId: runId, repositoryOwner, repositoryName } };
}

async function checkBytes(
  name: string,
  archive: string,
  { digest: listed }: Artifact,
  expected: string | undefined,
): Promise<void> {
  const { size } = await stat(archive);
  if (size > LIMITS.archiveBytes) throw refused(name, tooLarge(size));

  const digest = await digestOf(archive);
  for (const wanted of [listed, expected]) {
    if (wanted && wanted !== digest) {
      throw refused(name, `Its bytes have the digest ${digest} in place of ${wanted}.`);
    }
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest("hex")}`;
}

async function onlyFile(folder: string): Promise<string> {
  const [file, ...others] = await readdir(folder);
  if (!file || others.length > 0) throw new Error(`not one file in ${folder}`);
  return join(folder, file);
}

/** Fills a folder beside `into` and puts it in its place when it is whole. */
async function replaceBy(into: string, fill: (fresh: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(resolve(into)), { recursive: true });
  const fresh = await mkdtemp(`${resolve(into)}.`);
  try {
    await fill(fresh);
    await rm(into, { recursive: true, force: true });
    await rename(fresh, into);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

async function filesBelow(name: string, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    throw error.code === "ENOENT" ? refused(name, `There is no folder ${folder}.`) : error;
  });
  const files = entries.filter((entry) => !entry.isDirectory());
  const strange = files.find((entry) => !entry.isFile());
  if (strange) {
    throw refused(name, `${join(strange.parentPath, strange.name)} is a link or a device.`);
  }
  if (files.length === 0) throw refused(name, `There is no file in ${folder}.`);
  return files.map((entry) => resolve(entry.parentPath, entry.name)).sort();
}

/**
 * An artifact replaces its folder: the work tree itself, or what it lies in, is none to replace.
 */
function refuseAround(name: string, into: string): void {
  const path = relative(resolve(into), process.cwd());
  if (path.startsWith("..")) return;
  throw refused(name, `It would replace ${resolve(into)}, which holds everything this job has.`);
}

/** Only GitHub's runner gives a job the token that stores artifacts. */
function needRuntime(name: string): void {
  if (process.env.ACTIONS_RUNTIME_TOKEN && process.env.ACTIONS_RESULTS_URL) return;
  throw new ActionError("artifact-unavailable", {
    what: `There is no place here for artifact "${name}".`,
    why: "Artifacts belong to a run of GitHub Actions, and this is none.",
    next: "Leave the input `artifact` empty and hand the folder over yourself.",
  });
}

/** The client tells of all that it does, and cannot be told not to: GitHub's log folds that up. */
async function folded<Result>(
  title: string,
  { progress }: Context,
  work: () => Promise<Result>,
): Promise<Result> {
  progress(`::group::${title}`);
  try {
    return await work();
  } finally {
    progress("::endgroup::");
  }
}

/**
 * Does one thing with the client, whose errors are plain, and leaves it when the run has to end.
 */
async function told<Result>(
  name: string,
  context: Context,
  work: () => Promise<Result>,
): Promise<Result> {
  goOn(context);
  const done = new AbortController();
  const ended = new Promise<never>((_, reject) => {
    const end = () => reject(context.signal.reason);
    context.signal.addEventListener("abort", end, { signal: done.signal });
  });
  try {
    // After a broken reply the client tries again itself; GitHub's limits it does not know.
    return await Promise.race([patiently({ once: true }, context, work), ended]);
  } catch (error) {
    throw context.signal.aborted ? context.signal.reason : failed(name, error);
  } finally {
    done.abort();
  }
}

function failed(artifact: string, error: unknown): ActionError {
  const { name, status } = error as { name?: string; status?: number };
  if (name === "ArtifactNotFoundError" || status === 404) {
    return new ActionError("artifact-missing", {
      what: `The run has no artifact "${artifact}".`,
      why: "No job of it has stored one under this name, or it has expired.",
      next:
        "Give the name under which an earlier job stored it; " +
        "if it expired, run that job again.",
    });
  }
  if (status !== undefined) {
    return refusal(error, { doing: `artifact "${artifact}"`, permission: "actions: read" });
  }
  return new ActionError(
    "artifact-failed",
    {
      what: `Artifact "${artifact}" could not be passed on.`,
      why: `GitHub answered: ${reason(error)}`,
      next: "Run the job again; githubstatus.com tells if artifacts have a problem.",
    },
    { cause: error },
  );
}

function refused(name: string, why: string): ActionError {
  return new ActionError("artifact-refused", {
    what: `Artifact "${name}" was refused.`,
    why,
    next: "Look at the job that made it: it is not what this library makes.",
  });
}

function tooLarge(bytes: number): string {
  return `Its archive has ${bytes} bytes, and ${LIMITS.archiveBytes} are allowed.`;
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && /\(409\)|already exists/.test(error.message);
}
