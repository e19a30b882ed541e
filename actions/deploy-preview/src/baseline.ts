import { type Context, code, reason, shortRelease } from "@playbook/action";
import { readS3Store } from "@playbook/aws";
import { readManifest } from "@playbook/site/manifest";
import type { Sized } from "@playbook/site/sizes";
import { z } from "zod";
import type { Cloud } from "./cloud.ts";
import { folderOf } from "./name.ts";

/** What a preview is compared with: another's files, and whose they are, in Markdown. */
export type Baseline = { of: string; files: Sized[] };

/** As much of an entry of production's log as says what is live. */
const entry = z.looseObject({
  site: z.looseObject({
    live: z.string().nullable(),
    releases: z.array(z.looseObject({ id: z.string(), manifest: z.string() })),
  }),
});

type Where = { productionBucket?: string | undefined; before: string | undefined };

/**
 * Production's release if its list of files can be read, else what was shown before; else nothing.
 */
export async function baselineOf(
  cloud: Cloud,
  { productionBucket: bucket, before }: Where,
  context: Context,
): Promise<Baseline | undefined> {
  const production = bucket ? await productionOf(cloud, bucket, context) : undefined;
  if (production || !before) return production;
  const folder = folderOf(before);
  const listed = await cloud.list(folder);
  const files = listed.map(({ key, size }) => ({ path: key.slice(folder.length), size }));
  return { of: "the preview before", files };
}

/** What grows is good to know, and no reason to fail. */
async function productionOf(
  { session }: Cloud,
  bucket: string,
  context: Context,
): Promise<Baseline | undefined> {
  try {
    const store = readS3Store({ session, bucket, prefix: "state", context });
    const last = (await store.list("log/")).at(-1);
    const { site } = entry.parse(last && jsonOf(await store.read(last)));
    const live = site.releases.find(({ id }) => id === site.live);
    if (!live) return undefined;
    const key = `manifests/${live.manifest.replace("sha256:", "")}.json`;
    const { files } = readManifest(textOf(await store.read(key)));
    return { of: `production (${code(shortRelease(live.id))})`, files };
  } catch (error) {
    if (context.signal.aborted) throw error;
    context.progress(`Production's list of files cannot be read: ${reason(error)}`);
    return undefined;
  }
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

function jsonOf(bytes: Uint8Array | undefined): unknown {
  return JSON.parse(textOf(bytes));
}
