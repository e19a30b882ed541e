import { ActionError, type Context } from "@playbook/action";
import type { Session } from "@playbook/aws";
import {
  type Backup,
  Bucket,
  baseOf,
  bucketIn,
  connect,
  endsBefore,
  isWhole,
  newestWhole,
  sessionFor,
  type Way,
  type Whole,
} from "@playbook/backup";
import { KubeClient, pods } from "@playbook/kube";
import { statements } from "./access.ts";
import { begunWith, GENESIS } from "./claim.ts";
import type { Destination } from "./destination.ts";
import { hasOld, OldChain, type OldInputs } from "./old-chain.ts";
import { type Rendered, Target } from "./target.ts";

export type Inputs = Way &
  OldInputs & {
    mode: "pack" | "plan" | "apply" | "drill";
    namespace: string;
    release: string;
    values: string[];
    /** The artifact that carries those files, and its digest. */
    artifact?: string | undefined;
    artifactDigest?: string | undefined;
    set: Record<string, unknown>;
    helm: string;
    backups: string;
    backup?: string | undefined;
    /** Which backup validators begin with; `genesis` for none. */
    base?: string | undefined;
    from: "bucket" | "snapshot";
    snapshotDriver: string;
    podRole: string;
    storageClass?: string | undefined;
    fencedBecause?: string | undefined;
    acceptLoss?: number | undefined;
    relayers?: string | undefined;
    /** Whether relayers that a restore has paused run again at its end. */
    resumeRelayers: boolean;
    rpcPort: number;
    fenceTimeout: number;
    startTimeout: number;
    deadline: number;
    keepDrill: boolean;
    /** Which run it is, for whoever finds its marks. */
    run: string;
  };

export type Prepared = {
  kube: KubeClient;
  bucket: Bucket;
  backup: Whole;
  /** What the validators begin with; null for nothing but the genesis. */
  base: Whole | null;
  /** The chain that the backup was made of; null where nobody names it. */
  old: OldChain | null;
  target: Target;
  destination: Destination;
  /** A drill has none. */
  validators: Rendered[];
  /** The node without a vote. */
  sync: Rendered;
  /** Nodes that serve the chain; none where validators begin with the genesis, and in a drill. */
  servers: Rendered[];
  /** Whether a run before has begun to fill volumes. */
  isBegun: boolean;
};

/**
 * Chooses and verifies the backup, finds the old chain, and renders what it is restored into;
 * nothing has been changed.
 */
export async function prepare(
  inputs: Inputs,
  stack: AsyncDisposableStack,
  context: Context,
): Promise<Prepared> {
  const { bucket: name, prefix } = bucketIn(inputs.backups);
  const { cluster, oldCluster } = inputs;
  const values = { cluster, oldCluster, bucket: name, prefix };
  const session = await sessionFor(inputs, statements, values, context);
  const bucket = Bucket.toRead({ session, bucket: name, prefix, context });
  const catalogue = await bucket.catalogue();
  const kube = new KubeClient(await connect(inputs, session, context), context);
  const old = hasOld(inputs) ? await oldOf(inputs, session, kube, context) : null;
  const target = stack.use(await Target.open(kube, inputs, context));
  const isDrill = inputs.mode === "drill";
  const sets = await target.sets(isDrill ? ["sync"] : ["validator", "sync", "rpc"]);
  const validators = sets.filter(({ component }) => component === "validator");
  const sync = sets.find(({ component }) => component === "sync");
  if (!sync) throw noSyncNode(inputs.release);
  const begun = isDrill ? undefined : await begunWith(kube, inputs.namespace, sets);
  if (begun?.backup) {
    context.progress(`A restore of ${begun.backup} into ${inputs.namespace} has begun.`);
  }
  const where = bucket.store.location;
  const backup = chosen(catalogue, inputs.backup ?? begun?.backup, where);
  const base = chosenBase(catalogue, backup, { wanted: inputs.base ?? begun?.base, where });
  const servers = sets.filter(({ component }) => component === "rpc" && base !== null);
  const { namespace, release } = inputs;
  const destination = { server: kube.connection.server, namespace, release };
  const places = { old, target, destination };
  const nodes = { validators, sync, servers };
  return { kube, bucket, backup, base, ...places, ...nodes, isBegun: begun?.backup !== undefined };
}

/** With a person's word that it cannot sign, an old chain that nobody reaches is none. */
async function oldOf(inputs: Inputs, session: Session, kube: KubeClient, context: Context) {
  if (inputs.fencedBecause === undefined) return openOld(inputs, session, kube, context);
  try {
    const old = await openOld(inputs, session, kube, context);
    await old.kube.list(pods, { namespace: inputs.oldNamespace ?? inputs.namespace });
    return old;
  } catch (error) {
    if (!(error instanceof ActionError) || !OUT_OF_REACH.includes(error.code)) throw error;
    context.warn(`The old chain is not reached, so that your word stands for it: ${error.message}`);
    return null;
  }
}

const OUT_OF_REACH = ["no-cluster", "kube-unreachable"];

async function openOld(inputs: Inputs, session: Session, kube: KubeClient, context: Context) {
  const old = await OldChain.open(inputs, session, context);
  const { server } = kube.connection;
  if (old.isIn(server, inputs.namespace)) throw samePlace(inputs.namespace);
  return old;
}

/** Throws `no-backup`, `backup-not-whole`. */
function chosen(catalogue: readonly Backup[], wanted: string | undefined, where: string): Whole {
  if (wanted === undefined || wanted === "newest") {
    const newest = newestWhole(catalogue);
    if (newest) return newest;
    throw noBackup(where, `${catalogue.length} were begun, and none is whole.`);
  }
  const found = catalogue.find(({ id }) => id === wanted);
  if (!found) throw noBackup(where, `There is none called ${wanted}.`);
  if (isWhole(found)) return found;
  throw new ActionError("backup-not-whole", {
    what: `Backup ${wanted} cannot be restored.`,
    why: found.state === "damaged" ? found.why : "It was never finished: it has no manifest.",
    next: `Restore another one: ${names(catalogue) || "none is whole"}.`,
  });
}

/** Throws `no-backup`, `backup-not-whole`, `not-before`. */
function chosenBase(
  catalogue: readonly Backup[],
  { manifest }: Whole,
  { wanted, where }: { wanted: string | undefined; where: string },
): Whole | null {
  if (wanted === undefined) return baseOf(catalogue, manifest);
  if (wanted === GENESIS) return null;
  const base = chosen(catalogue, wanted, where);
  if (manifest.ancestors.includes(base.id) && endsBefore(base.manifest, manifest)) return base;
  throw notBefore(base.id, manifest.id);
}

function notBefore(base: string, backup: string): ActionError {
  return new ActionError("not-before", {
    what: `Validators cannot begin with ${base} to catch up with ${backup}.`,
    why: "It is not known as an older backup of the same chain: its data may be of another one.",
    next: `Name another \`base\`, or \`${GENESIS}\`; without one, the newest that fits is taken.`,
  });
}

function noSyncNode(release: string): ActionError {
  return new ActionError("no-sync-node", {
    what: `The values of ${release} have no sync node.`,
    why: "What was restored is looked at on a node without a vote, before any validator signs.",
    next: "Enable the chart's `syncNode`.",
  });
}

function names(catalogue: readonly Backup[]): string {
  return catalogue
    .filter(isWhole)
    .map(({ id }) => id)
    .slice(-5)
    .join(", ");
}

function noBackup(where: string, why: string): ActionError {
  return new ActionError("no-backup", {
    what: `There is no backup to restore in ${where}.`,
    why,
    next: "Correct `backups` or `backup`; see what the bucket's versions still have.",
  });
}

function samePlace(namespace: string): ActionError {
  return new ActionError("same-place", {
    what: `The old chain is in namespace ${namespace} of this very cluster.`,
    why: "The new validators' sets and volumes would be the old ones.",
    next: "Restore into another namespace, or another cluster.",
  });
}
