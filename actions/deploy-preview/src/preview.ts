import type { Context, Turn } from "@playbook/action";
import { count } from "@playbook/action";
import { exactLocation, readConfig } from "@playbook/site/deployments";
import { readFolder } from "@playbook/site/folder";
import { liveText } from "@playbook/site/live";
import { makeRelease, type Made as Release } from "@playbook/site/release";
import { hiddenPages, isolatedRoutes, type Routing } from "@playbook/site/routes";
import type { Cloud } from "./cloud.ts";
import { keyOf, nameOf } from "./name.ts";

export type PreviewInputs = {
  headSha: string;
  turn: Turn;
  manifest?: string | undefined;
  /** With `{preview}` where it is about one preview, such as the subgraph of its pull request. */
  config?: string | undefined;
  perRelease: string[];
  connectSources?: string[] | undefined;
  routing: Routing;
};

/** A preview: its files, and what the edge is told of it. */
export type Made = Release & { text: string };

type From = { folder: string; pull: number; cloud: Pick<Cloud, "session"> };

/**
 * Makes a preview of a build. All of it lies in a folder of its own, whatever its files are called.
 */
export async function makePreview(
  inputs: PreviewInputs,
  { folder, pull, cloud }: From,
  context: Context,
): Promise<Made> {
  const { session } = cloud;
  const known = { recorded: undefined, session, context };
  const manifest = await exactLocation(inputs.manifest, known);
  const config = inputs.config?.replaceAll("{preview}", keyOf(pull));
  const built = await readFolder(folder);
  const paths = built.map(({ path }) => path);
  const hidden = hiddenPages(paths, inputs.routing);
  if (hidden) context.warn(hidden);
  const made = await makeRelease({
    ...{ folder, built },
    ...{ release: nameOf(pull, inputs.turn), commit: inputs.headSha },
    routes: isolatedRoutes(paths, inputs),
    rules: [],
    connectSources: inputs.connectSources,
    config: await readConfig({ manifest, config }, session, context),
    isPlain: false,
  });
  return { ...made, text: liveText(made.manifest) };
}

/** Makes its files. Those that are there, of this run before it was killed, will do. */
export async function upload(
  { bucket }: Cloud,
  { manifest, contentOf }: Made,
  { progress }: Context,
): Promise<void> {
  const { files, release } = manifest;
  progress(`Uploading ${count(files.length, "file")}.`);
  await Promise.all(files.map((file) => bucket.create(file, release, () => contentOf(file))));
}
