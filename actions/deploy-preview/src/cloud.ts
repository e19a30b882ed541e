import { policyFor } from "@playbook/access";
import type { Context } from "@playbook/action";
import { openSession, type Session } from "@playbook/aws";
import { type Bucket, openBucket } from "@playbook/site/bucket";
import { deploymentsAt } from "@playbook/site/deployments";
import { type Keys, openKeys } from "@playbook/site/key-value-store";
import { listFiles, type StoredFile } from "@playbook/site/listing";
import { LIVE } from "@playbook/site/live";
import { statements } from "./access.ts";
import { isOfReleases } from "./apart.ts";

export type Reach = {
  role?: string | undefined;
  region: string;
  bucket: string;
  /** ARN. */
  keyValueStore: string;
  productionBucket?: string | undefined;
  /** Location of the contracts' manifest. */
  manifest?: string | undefined;
};

/** All that previews consist of in AWS. */
export type Cloud = {
  session: Session;
  keys: Keys;
  bucket: Bucket;
  list(prefix: string): Promise<StoredFile[]>;
};

/**
 * Opens bucket and store in one session that is narrowed to exactly these. Throws
 * `preview-not-apart` when they are those of a site's releases.
 */
export async function openCloud(inputs: Reach, context: Context): Promise<Cloud> {
  const { role, region, bucket, keyValueStore } = inputs;
  const policy = policyOf(inputs);
  const session = await openSession({ role, region, policy, name: "playbook-preview", context });
  const at = { session, bucket, context };
  const keys = openKeys({ session, store: keyValueStore, context });
  const [{ text }, [state]] = await Promise.all([keys.look(LIVE), listFiles(at, "state/", 1)]);
  if (text !== undefined) throw isOfReleases(`The KeyValueStore ${keyValueStore}`);
  if (state) throw isOfReleases(`The bucket ${bucket}`);
  return { session, keys, bucket: openBucket(at), list: (prefix) => listFiles(at, prefix) };
}

/** The statements of access.yml for what this run works on. */
function policyOf({ role, bucket, keyValueStore, productionBucket, manifest }: Reach) {
  const deployments = deploymentsAt(manifest);
  const values = {
    ...{ bucket, keyValueStore },
    ...(productionBucket && { production: productionBucket }),
    ...(deployments && {
      ...{ deploymentsBucket: deployments.bucket, deploymentsPrefix: deployments.prefix },
    }),
  };
  return policyFor(statements, role, values);
}
