import type { Context } from "@playbook/action";
import { count } from "@playbook/action";
import { liveText } from "@playbook/site/live";
import { isPage, type ReleaseFile } from "@playbook/site/manifest";
import type { Made } from "@playbook/site/release";
import { isSharedPath } from "@playbook/site/routes";
import type { Cloud } from "./cloud.ts";
import { awaitCollected } from "./collect.ts";
import { beginningOf, stepFor, type Wanted } from "./decide.ts";
import { invalidate } from "./plain.ts";
import { releaseOf } from "./site.ts";
import type { Standing } from "./standing.ts";
import { goLive } from "./switch.ts";
import { stored, uploadsOf } from "./upload.ts";

/** How many lists are read beside that of what is live: each can be as long as the site. */
const RECENT = 3;

export type Task = {
  cloud: Cloud;
  standing: Standing;
  made: Made;
  wanted: Wanted & { commit: string | null };
};

/** Uploads what is new and makes it live, which the log is still to be told: see `tell`. */
export async function deploy(task: Task, wait: boolean, context: Context): Promise<ReleaseFile[]> {
  const { cloud, standing, made } = task;
  const { history, store } = cloud;
  const { live } = standing;
  const { manifest } = made;
  const text = liveText(manifest);
  // What would be refused is refused before anything is written.
  uploadsOf(manifest, await known(cloud, live));
  await history.keep(manifest);
  await begin(task, context);

  const uploads = uploadsOf(manifest, await known(cloud, live));
  await upload(cloud, made, uploads, context);
  if (store) await goLive(store, cloud, { release: manifest.release, text, standing }, context);
  else await invalidate(cloud, manifest, wait, context);
  context.progress(`${manifest.release} is live.`);
  return uploads;
}

/** Writes down that a release is live. */
export async function tell({ cloud, standing, made }: Task): Promise<void> {
  const { release } = made.manifest;
  const previous = standing.live ?? null;
  await cloud.history.record((site, at) => {
    const isOpen = releaseOf(site, release)?.status === "open";
    return isOpen ? { kind: "live", release, previous, at } : undefined;
  });
}

/** Writes down that a release is begun, once nothing that it needs is being deleted. */
async function begin({ cloud, standing, made, wanted }: Task, context: Context): Promise<void> {
  const { history } = cloud;
  for (let isSame = false; !isSame; ) {
    await awaitCollected(cloud, made.manifest, context);
    const { collecting } = history.site;
    await history.record((site, at) => {
      isSame = site.collecting?.at === collecting?.at;
      if (!isSame) return undefined;
      stepFor(site, standing.live, wanted);
      return beginningOf(site, wanted, at);
    });
  }
}

/**
 * What is in the bucket for certain, by the lists of what is live and of the last releases before.
 * A file that only an older one has is found there when it is uploaded.
 */
export async function known({ history, store }: Cloud, live: string | undefined) {
  const { releases } = history.site;
  const done = releases.filter(({ status }) => status === "done");
  const last = done.filter(({ id }) => id !== live).slice(-RECENT);
  const ordered = [...last, ...done.filter(({ id }) => id === live)];
  const doubtful = store ? [] : releases.filter(({ status }) => status !== "done");
  const manifests = (all: typeof releases) =>
    Promise.all(all.map(({ manifest }) => history.manifest(manifest)));
  return stored(await manifests(ordered), await manifests(doubtful));
}

async function upload(
  { bucket, store }: Cloud,
  { manifest, contentOf }: Made,
  files: ReleaseFile[],
  context: Context,
): Promise<void> {
  const one = (file: ReleaseFile) => {
    const isKept = store !== undefined || isSharedPath(file.path, manifest.routes);
    const make = isKept ? bucket.create : bucket.replace;
    return make(file, manifest.release, () => contentOf(file));
  };
  context.progress(`Uploading ${files.length} of ${count(manifest.files.length, "file")}.`);
  // Where pages are replaced, what they ask for has to be there before.
  const steps = store ? [files] : [files.filter((file) => !isPage(file)), files.filter(isPage)];
  for (const step of steps) await Promise.all(step.map(one));
}
