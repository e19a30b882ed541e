import type { KubeClient } from "./client.ts";
import { isConflict } from "./failure.ts";
import type { KubeObject, Ref } from "./objects.ts";

const TRIES = 20;

/**
 * Changes an object over the version that was read, so that what somebody else wrote since is not
 * overwritten. The API server's own controllers write into an object's status at any time: on a
 * conflict it is read again and the change decided anew. Nothing is written where the change is
 * null; what `changeOf` throws ends it.
 *
 * Resolves with the object as it is then. Throws `kube-conflict` after twenty tries.
 */
export async function mergeAsRead<Kind extends KubeObject>(
  kube: KubeClient,
  ref: Ref<Kind>,
  read: Kind,
  changeOf: (now: Kind) => MergeChange | null,
): Promise<Kind> {
  let now = read;
  for (let tries = 1; ; tries++) {
    const change = changeOf(now);
    if (!change) return now;
    const { resourceVersion } = now.metadata;
    const metadata = { ...change.metadata, resourceVersion };
    try {
      return await kube.merge(ref, { ...change, metadata });
    } catch (error) {
      if (!isConflict(error) || tries === TRIES) throw error;
      now = await kube.get(ref);
    }
  }
}

/** As a merge patch: null removes. */
export type MergeChange = { readonly metadata?: object; readonly spec?: object };
