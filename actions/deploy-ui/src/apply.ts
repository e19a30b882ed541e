import { ActionError, type Context, type Report } from "@playbook/action";
import type { CacheRule } from "./cache.ts";
import { type Cloud, openCloud, type Reach } from "./cloud.ts";
import { collect, finishCollecting } from "./collect.ts";
import { beginningOf, stepFor, type Wanted } from "./decide.ts";
import { readConfig } from "./deployments.ts";
import { readFolder } from "./folder.ts";
import { liveText, readLive } from "./live.ts";
import { isPage, type Manifest, manifestDigest, type ReleaseFile } from "./manifest.ts";
import { invalidate } from "./plain.ts";
import { type Made, makeRelease } from "./release.ts";
import { type Asked, isSharedPath, routesOf } from "./routes.ts";
import { releaseOf } from "./site.ts";
import { type Standing, standingOf } from "./standing.ts";
import { type Done, summarize } from "./summary.ts";
import { goBack, goLive } from "./switch.ts";
import { stored, uploadsOf } from "./upload.ts";
import { faultAt, unserved } from "./verify.ts";

export type ApplyInputs = Reach & {
  environment: string;
  folder: string;
  release: string;
  order: number;
  commit: string | null;
  config?: string | undefined;
  routes: Asked;
  cacheRules: CacheRule[];
  keep: number;
  allowOlder: boolean;
  url: string;
  verify: number;
  wait: boolean;
  by: string | null;
};

/** Releases a folder: see action.yml. Nothing that is live changes before the one write. */
export async function apply(inputs: ApplyInputs, context: Context): Promise<Report> {
  const built = await readFolder(inputs.folder);
  const cloud = await openCloud(inputs, context);
  const standing = await standingOf(cloud);
  const made = await makeOf(inputs, built, cloud, standing, context);
  const { manifest } = made;
  const wanted = { ...inputs, manifest: manifestDigest(manifest) };

  const isNew = stepFor(cloud.history.site, standing.live, wanted) === "make";
  const uploads = isNew ? await release(inputs, { cloud, standing, made, wanted }, context) : [];
  await confirm(inputs, { cloud, standing, manifest }, context);

  const previous = releaseOf(cloud.history.site, manifest.release)?.previous ?? undefined;
  const before = releaseOf(cloud.history.site, previous);
  const done: Done = {
    ...{ manifest, uploads, changed: isNew },
    ...{ environment: inputs.environment, url: inputs.url },
    before: before && (await cloud.history.manifest(before.manifest)),
  };
  return { ...reportOf(done, wanted, previous), ...(await tidy(cloud, inputs.keep, context)) };
}

function reportOf(done: Done, { manifest }: Wanted, previous: string | undefined): Report {
  const { uploads, changed, url } = done;
  return {
    outputs: {
      ...{ release: done.manifest.release, previous: previous ?? "", url, changed },
      ...{ uploaded: uploads.length, bytes: uploads.reduce((sum, { size }) => sum + size, 0) },
      "manifest-digest": manifest,
    },
    summary: summarize(done),
  };
}

async function makeOf(
  inputs: ApplyInputs,
  built: Awaited<ReturnType<typeof readFolder>>,
  { history, session, store }: Cloud,
  { live }: Standing,
  context: Context,
): Promise<Made> {
  // A release that goes on has the routes that it began with, whatever has gone live since.
  const base = releaseOf(history.site, inputs.release) ?? releaseOf(history.site, live);
  const before = base && (await history.manifest(base.manifest));
  const paths = built.map(({ path }) => path);
  return makeRelease({
    ...{ folder: inputs.folder, built, release: inputs.release, commit: inputs.commit },
    routes: routesOf(paths, inputs.routes, before?.routes),
    rules: inputs.cacheRules,
    config: await readConfig(inputs, session, context),
    isPlain: store === undefined,
  });
}

type Task = {
  cloud: Cloud;
  standing: Standing;
  made: Made;
  wanted: Wanted & { commit: string | null };
};

/** Uploads what is new and makes it live. Returns what was uploaded. */
async function release(inputs: ApplyInputs, task: Task, context: Context): Promise<ReleaseFile[]> {
  const { cloud, standing, made, wanted } = task;
  const { history, store } = cloud;
  const { manifest } = made;
  const text = liveText(manifest);
  // What would be refused is refused before anything is written.
  uploadsOf(manifest, await known(cloud, standing));
  await history.keep(manifest);
  await begin(cloud, standing, wanted);

  const uploads = uploadsOf(manifest, await known(cloud, standing));
  await upload(cloud, made, uploads, context);
  if (store) await goLive(store, cloud, { release: manifest.release, text, standing }, context);
  else await invalidate(cloud, manifest, inputs.wait, context);
  await history.record((site, at) => {
    const isOpen = releaseOf(site, manifest.release)?.status === "open";
    const previous = standing.live ?? null;
    return isOpen ? { kind: "live", release: manifest.release, previous, at } : undefined;
  });
  context.progress(`${manifest.release} is live.`);
  return uploads;
}

/** Writes down that a release is begun, once nothing is being deleted. */
async function begin(cloud: Cloud, standing: Standing, wanted: Task["wanted"]): Promise<void> {
  const { history } = cloud;
  do {
    await finishCollecting(cloud);
    await history.record((site, at) => {
      if (site.collecting) return undefined;
      stepFor(site, standing.live, wanted);
      return beginningOf(site, wanted, at);
    });
  } while (history.site.collecting);
}

/** What is in the bucket for certain. */
async function known({ history, store }: Cloud, { live }: Standing) {
  const { releases } = history.site;
  const done = releases.filter(({ status }) => status === "done");
  const ordered = done.toSorted(
    (one, other) => Number(one.id === live) - Number(other.id === live),
  );
  const doubtful = store ? [] : releases.filter(({ status }) => status !== "done");
  const manifests = (all: typeof releases) =>
    Promise.all(all.map(({ manifest }) => history.manifest(manifest)));
  return stored(await manifests(ordered), await manifests(doubtful));
}

async function upload(
  { bucket, store }: Cloud,
  { manifest, bytesOf }: Made,
  files: ReleaseFile[],
  context: Context,
): Promise<void> {
  const one = (file: ReleaseFile) => {
    const isKept = store !== undefined || isSharedPath(file.path, manifest.routes);
    const make = isKept ? bucket.create : bucket.replace;
    return make(file, manifest.release, () => bytesOf(file));
  };
  context.progress(`Uploading ${files.length} of ${manifest.files.length} files.`);
  // Where pages are replaced, what they ask for has to be there before.
  const steps = store ? [files] : [files.filter((file) => !isPage(file)), files.filter(isPage)];
  for (const step of steps) await Promise.all(step.map(one));
}

type Live = { cloud: Cloud; standing: Standing; manifest: Manifest };

/** Looks at what is live now; what was never seen to be served as it should be is taken back. */
async function confirm(inputs: ApplyInputs, live: Live, context: Context): Promise<void> {
  const { manifest, cloud } = live;
  const { history, store } = cloud;
  const { url, verify } = inputs;
  if (verify === 0) return;
  const isOurs = store !== undefined;
  const fault = await faultAt({ url, manifest, times: verify, isOurs, context });
  if (fault !== undefined) {
    if (await isReplaced(live, context)) return;
    throw unserved(manifest.release, url, fault, await takeBack(inputs, live, fault, context));
  }
  await history.record((site, at) => {
    const isNew = releaseOf(site, manifest.release)?.seen === false;
    return isNew ? { kind: "seen", release: manifest.release, at } : undefined;
  });
}

/** A newer release that went live meanwhile is what the site shows, and no fault of this one. */
async function isReplaced({ cloud, manifest }: Live, context: Context): Promise<boolean> {
  const { text } = (await cloud.store?.read()) ?? {};
  if (text === undefined) return false;
  const { release } = readLive(text);
  if (release === manifest.release) return false;
  context.warn(`${manifest.release} went live, and ${release} has taken its place since.`);
  return true;
}

async function takeBack(
  { by }: ApplyInputs,
  { cloud, manifest: { release } }: Live,
  why: string,
  context: Context,
): Promise<string> {
  const { history, store } = cloud;
  const own = releaseOf(history.site, release);
  const before = releaseOf(history.site, own?.previous);
  if (own?.seen) return "It stays live: it was shown before.";
  if (!store || !before) return "It stays live: there is nothing to go back to.";
  const standing = await standingOf(cloud);
  const turn = { from: release, to: before.id, why, failed: true, by };
  await goBack(store, cloud, { turn, standing }, context);
  return `${before.id} is live again.`;
}

/** What is left over is no reason to hide that the release is live, but is one to fail. */
async function tidy(cloud: Cloud, keep: number, context: Context): Promise<Partial<Report>> {
  try {
    const count = await collect(cloud, keep);
    if (count > 0) context.progress(`Deleted ${count} files that no release needs any more.`);
    return {};
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return { failure: error };
  }
}
