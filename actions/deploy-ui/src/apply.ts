import { existsSync } from "node:fs";
import { join } from "node:path";
import { ActionError, type Context, later, type Report } from "@playbook/action";
import type { CacheRule } from "@playbook/site/cache";
import type { BuiltFile } from "@playbook/site/content";
import { deploymentsAt, exactLocation, readConfig } from "@playbook/site/deployments";
import { listFolder, readListed } from "@playbook/site/folder";
import { readLive } from "@playbook/site/live";
import { type Manifest, manifestDigest } from "@playbook/site/manifest";
import { type Made, makeRelease } from "@playbook/site/release";
import { type Asked, hiddenPages, routesOf } from "@playbook/site/routes";
import { faultAt, unserved } from "@playbook/site/verify";
import { unlessFirst } from "@playbook/state";
import { type Cloud, openCloud, type Reach } from "./cloud.ts";
import { collect } from "./collect.ts";
import { stepFor, type Wanted } from "./decide.ts";
import { deploy, known, tell } from "./deploy.ts";
import { releaseOf } from "./site.ts";
import { type Standing, standingOf } from "./standing.ts";
import { type Done, summarize } from "./summary.ts";
import { goBack } from "./switch.ts";

export type ApplyInputs = Reach & {
  environment: string;
  folder: string;
  release: string;
  order: number;
  commit: string | null;
  config?: string | undefined;
  routes: Asked;
  cacheRules: CacheRule[];
  connectSources?: string[] | undefined;
  keep: number;
  allowOlder: boolean;
  url: string;
  verify: number;
  wait: boolean;
  by: string | null;
};

/** Releases a folder: see action.yml. Nothing that is live changes before the one write. */
export async function apply(inputs: ApplyInputs, context: Context): Promise<Report> {
  const listing = later(listFolder(inputs.folder));
  // What is no site at all is told before AWS is asked for anything.
  if (!existsSync(join(inputs.folder, "index.html"))) await listing;
  const reading = later(listing.then(readListed));
  const opening = unlessFirst(listing, stand(inputs, listing, context));
  const [{ cloud, standing }, built] = await Promise.all([opening, reading]);
  const made = await makeOf(inputs, built, cloud, standing, context);
  const { manifest } = made;
  const wanted = { ...inputs, manifest: manifestDigest(manifest) };
  await cloud.checked;

  const isNew = stepFor(cloud.history.site, standing.live, wanted) === "make";
  const task = { cloud, standing, made, wanted };
  const uploads = isNew ? await deploy(task, inputs.wait, context) : [];
  const told = isNew ? later(tell(task)) : Promise.resolve();
  await confirm(inputs, { cloud, standing, manifest, told }, context);

  const previous = releaseOf(cloud.history.site, manifest.release)?.previous ?? undefined;
  const before = releaseOf(cloud.history.site, previous);
  const done: Done = {
    ...{ manifest, uploads, changed: isNew },
    ...{ environment: inputs.environment, url: inputs.url },
    before: before && (await cloud.history.manifest(before.manifest)),
  };
  return { ...reportOf(done, wanted, previous), ...(await tidy(cloud, inputs.keep, context)) };
}

/** Opens the site and sees what is live, with the lists of what is most likely in the bucket. */
async function stand(inputs: Reach, input: Promise<unknown>, context: Context) {
  const cloud = await openCloud(inputs, context, input);
  later(known(cloud, cloud.history.site.live ?? undefined));
  return { cloud, standing: await standingOf(cloud) };
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
  built: BuiltFile[],
  { history, session, store }: Cloud,
  { live }: Standing,
  context: Context,
): Promise<Made> {
  const paths = built.map(({ path }) => path);
  const hidden = hiddenPages(paths, inputs.routes.routing);
  if (hidden) context.warn(hidden);
  const manifestOf = async (id: string | undefined) => {
    const found = releaseOf(history.site, id);
    return found && history.manifest(found.manifest);
  };
  // A release that goes on is made of what it began with, whatever has gone live since.
  const own = await manifestOf(inputs.release);
  const before = own ?? (await manifestOf(live));
  const recorded = own?.deployments;
  const manifest = await exactLocation(inputs.manifest, { recorded, session, context });
  return makeRelease({
    ...{ folder: inputs.folder, built, release: inputs.release, commit: inputs.commit },
    routes: routesOf(paths, inputs.routes, before?.routes),
    rules: inputs.cacheRules,
    connectSources: inputs.connectSources,
    config: await readConfig({ manifest, config: inputs.config }, session, context),
    deployments: deploymentsAt(manifest) && manifest,
    isPlain: store === undefined,
  });
}

type Live = {
  cloud: Cloud;
  standing: Standing;
  manifest: Manifest;
  /** Once the log says that it is live. */
  told: Promise<void>;
};

/** Looks at what is live now; what was never seen to be served as it should be is taken back. */
async function confirm(inputs: ApplyInputs, live: Live, context: Context): Promise<void> {
  const { manifest, cloud, told } = live;
  const { history, store } = cloud;
  const { url, verify } = inputs;
  if (verify === 0) return told;
  const isOurs = store !== undefined;
  const looking = faultAt({ url, manifest, times: verify, isOurs, context });
  const fault = await looking.finally(() => told);
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
    const count = await collect(cloud, keep, context);
    if (count > 0) context.progress(`Deleted ${count} files that no release needs any more.`);
    return {};
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return { failure: error };
  }
}
