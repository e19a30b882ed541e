import type { Context, Report } from "@playbook/action";
import type { CacheRule } from "@playbook/site/cache";
import { deploymentsAt, readConfig } from "@playbook/site/deployments";
import { readFolder } from "@playbook/site/folder";
import { liveText } from "@playbook/site/live";
import { manifestDigest } from "@playbook/site/manifest";
import { makeRelease } from "@playbook/site/release";
import { type Asked, hiddenPages, routesOf } from "@playbook/site/routes";
import { summarizePlan } from "./summary.ts";

export type PlanInputs = {
  folder: string;
  release: string;
  commit: string | null;
  keyValueStore?: string | undefined;
  manifest?: string | undefined;
  config?: string | undefined;
  routes: Asked;
  cacheRules: CacheRule[];
  connectSources?: string[] | undefined;
};

/** Makes a release without any right, and says what it would hold. */
export async function plan(inputs: PlanInputs, context: Context): Promise<Report> {
  const { folder, release, commit, config, manifest: location } = inputs;
  const built = await readFolder(folder);
  const paths = built.map(({ path }) => path);
  const hidden = hiddenPages(paths, inputs.routes.routing);
  if (hidden) context.warn(hidden);
  // Only a run with a role reads what lies in S3.
  const manifest = deploymentsAt(location) ? undefined : location;
  const made = await makeRelease({
    ...{ folder, built, release, commit, rules: inputs.cacheRules, isPlain: false },
    connectSources: inputs.connectSources,
    routes: routesOf(paths, inputs.routes, undefined),
    config: await readConfig({ manifest, config }, undefined, context),
  });
  liveText(made.manifest);
  return {
    outputs: { release, "manifest-digest": manifestDigest(made.manifest) },
    summary: summarizePlan(made.manifest),
  };
}
