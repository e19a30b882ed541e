import type { Context } from "@playbook/action";
import { type BucketInputs, bucketIn, connect, sessionFor, type Way } from "@playbook/backup";
import { KubeClient } from "@playbook/kube";
import { statements } from "./access.ts";
import { Source } from "./source.ts";

export type Inputs = Way & {
  mode: "plan" | "apply";
  namespace: string;
  release: string;
  source?: string | undefined;
  allowValidator: boolean;
  backups: string;
  podRole: string;
  snapshotClass?: string | undefined;
  storageClass?: string | undefined;
  /** In MiB. */
  partSize: number;
  keepLatest: number;
  keepDays: number;
  keepWeeks: number;
  keepMonths: number;
  keepSnapshots: number;
  rpcPort: number;
  syncTimeout: number;
  deadline: number;
  /** Which run it is, for whoever reads the manifest. */
  run: string;
};

/** All that a backup begins with; nothing has been changed. */
export type Prepared = {
  kube: KubeClient;
  backups: BucketInputs;
  source: Source;
};

export async function prepare(inputs: Inputs, context: Context): Promise<Prepared> {
  const { bucket, prefix } = bucketIn(inputs.backups);
  const values = { cluster: inputs.cluster, bucket, prefix };
  const session = await sessionFor(inputs, statements, values, context);
  const kube = new KubeClient(await connect(inputs, session, context), context);
  const source = await Source.find(kube, inputs, context);
  return { kube, backups: { session, bucket, prefix, context }, source };
}

/** How many backups are kept. */
export function policyOf(inputs: Inputs) {
  const { keepLatest: latest, keepDays: days, keepWeeks: weeks, keepMonths: months } = inputs;
  return { latest, days, weeks, months };
}
