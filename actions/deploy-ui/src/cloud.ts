import { policyFor } from "@playbook/access";
import { type Context, later } from "@playbook/action";
import { openSession, type Session, tryS3Store } from "@playbook/aws";
import { type Bucket, openBucket } from "@playbook/site/bucket";
import { type Deployments, deploymentsAt } from "@playbook/site/deployments";
import { type KeyValueStore, type Look, openKeyValueStore } from "@playbook/site/key-value-store";
import { onceChecked } from "@playbook/state";
import { statements } from "./access.ts";
import { type Distribution, openDistribution } from "./distribution.ts";
import { History } from "./history.ts";

export type Reach = {
  role?: string | undefined;
  region: string;
  bucket: string;
  /** ARN; without it the distribution is not the template's. */
  keyValueStore?: string | undefined;
  distribution?: string | undefined;
  /** Location of the contracts' manifest, or of an environment's manifests. */
  manifest?: string | undefined;
  /** Which run it is, for whoever reads what it stored. */
  run?: string | undefined;
};

/** All that a release works on. */
export type Cloud = {
  session: Session;
  history: History;
  bucket: Bucket;
  /** One of the two: what says which release is live, or what has to be told of changes. */
  store: KeyValueStore | undefined;
  /** What the store said while the log was read. */
  seen: Promise<Look> | undefined;
  distribution: Distribution | undefined;
  /**
   * Throws what is wrong with the bucket. The log waits for it by itself before it writes; whatever
   * else changes something comes after an entry of the log, or after this.
   */
  checked: Promise<void>;
};

/** Below it the bucket keeps what is never served. */
const STATE = "state";

/**
 * Opens bucket, log and store in one session that is narrowed to exactly these. The bucket is tried
 * out while the log is read, and not before it is certain that the `input` is fit.
 */
export async function openCloud(
  inputs: Reach,
  context: Context,
  input?: Promise<unknown>,
): Promise<Cloud> {
  const { role, region, bucket, keyValueStore, distribution } = inputs;
  const policy = policyOf(inputs);
  const session = await openSession({ role, region, policy, name: "playbook-ui", context });
  const { store, tried } = tryS3Store({ session, bucket, prefix: STATE, context }, input);
  const checked = later(tried);
  const { run = "a run" } = inputs;
  const log = onceChecked(store, checked);
  const values = keyValueStore
    ? openKeyValueStore({ session, store: keyValueStore, context })
    : undefined;
  const seen = values && later(values.read());
  const history = await History.open({ store: log, run, clock: context.clock });
  return {
    ...{ session, history, checked, bucket: openBucket({ session, bucket, context }) },
    ...{ store: values, seen },
    distribution:
      !keyValueStore && distribution
        ? openDistribution({ session, distribution, context })
        : undefined,
  };
}

/** The statements of access.yml for what this run works on. */
function policyOf({ role, bucket, keyValueStore, distribution, manifest }: Reach) {
  const deployments: Deployments | undefined = deploymentsAt(manifest);
  const values = {
    bucket,
    ...(keyValueStore
      ? { keyValueStore }
      : { plainBucket: bucket, ...(distribution && { plainDistribution: distribution }) }),
    ...(deployments && {
      ...{ deploymentsBucket: deployments.bucket, deploymentsPrefix: deployments.prefix },
    }),
  };
  return policyFor(statements, role, values);
}
