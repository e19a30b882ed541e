import { readFileSync } from "node:fs";
import { ActionError, type Context, shipped } from "@playbook/action";
import { amazonHost, ownEndpoint } from "@playbook/aws";
import {
  configMaps,
  type KubeClient,
  type KubeObject,
  type Pod,
  pods,
  type Ref,
  until,
} from "@playbook/kube";
import { Troubles } from "@playbook/rollout";
import { type Job, jobs, serviceAccounts } from "./kinds.ts";
import { affinityOf, type Like, resourcesFor } from "./placement.ts";

/** What a mover does: see mover.sh. */
export type Does = "pack" | "unpack" | "strip" | "empty";

/** A pod that moves a node's data between a volume and a bucket. */
export type Move = {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  does: Does;
  backup: string;
  /** The chain's own image: it has all that the script needs. */
  image: string;
  claim: string;
  /** What the script is to know of parts: those that are there, or those to fetch. */
  parts: string;
  partBytes: number;
  /** Of the backup's folder, and its region. */
  url: string;
  region: string;
  /**
   * The role that the pod assumes by its service account's token; not needed to strip or to empty.
   */
  role: string;
  account: string;
  /** The pod that the volume belongs to: who may read it, and where it can be. */
  like: Like;
};

const SCRIPT = "actions/backup-axon/files/mover.sh";
const MIB = 1024 * 1024;

/** Tries of a pod that fails: each goes on from the parts that are there. */
const TRIES = 4;

/** What the script ends with when another try would end alike. */
const HOPELESS = {
  action: "FailJob",
  onExitCodes: { containerName: "mover", operator: "In", values: [42] },
};

/** A pod that is taken off its node has not failed, however often that happens. */
const EVICTED = {
  action: "Ignore",
  onPodConditions: [{ type: "DisruptionTarget", status: "True" }],
};

/** What autoscalers leave where it is: a copy takes hours, and begins anew on another node. */
const LEFT_ALONE = {
  "karpenter.sh/do-not-disrupt": "true",
  "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
};

export function jobOf(move: Move): Pick<Job, "apiVersion" | "kind" | "metadata" | "spec"> {
  const { name, namespace, labels } = move;
  return {
    ...{ apiVersion: jobs.apiVersion, kind: jobs.kind },
    metadata: { name, namespace, labels } as Job["metadata"],
    spec: {
      backoffLimit: TRIES,
      podFailurePolicy: { rules: [HOPELESS, EVICTED] },
      template: { metadata: { labels, annotations: LEFT_ALONE }, spec: podOf(move) },
    },
  };
}

function podOf(move: Move) {
  const { securityContext, nodeSelector, tolerations, imagePullSecrets } = move.like;
  return {
    restartPolicy: "Never",
    serviceAccountName: move.account,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...placementOf(move),
    ...{ securityContext, nodeSelector, tolerations, imagePullSecrets },
    containers: [containerOf(move)],
    volumes: volumesOf(move),
  };
}

/** Volumes stay in the zone where they are first used: validators are to be spread over zones. */
function placementOf({ labels, like: { placed } }: Move) {
  const labelSelector = { matchLabels: labels };
  const apart = {
    maxSkew: 1,
    topologyKey: "topology.kubernetes.io/zone",
    whenUnsatisfiable: placed?.zones ?? "ScheduleAnyway",
    labelSelector,
  };
  const alone = { topologyKey: "kubernetes.io/hostname", labelSelector };
  return { topologySpreadConstraints: [apart], ...affinityOf(placed, alone) };
}

function containerOf(move: Move) {
  const { image, does, like } = move;
  return {
    name: "mover",
    image,
    command: ["/bin/sh", "/etc/mover/mover.sh", does],
    workingDir: "/work",
    env: Object.entries(environmentOf(move)).map(([key, value]) => ({ name: key, value })),
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: resourcesFor(like.placed?.requests),
    volumeMounts: [
      { name: "data", mountPath: "/data", readOnly: does === "pack" },
      { name: "script", mountPath: "/etc/mover", readOnly: true },
      { name: "work", mountPath: "/work" },
      { name: "secrets", mountPath: "/secrets" },
      { name: "token", mountPath: "/var/run/aws", readOnly: true },
    ],
  };
}

/** What the script is told. */
function environmentOf({ name, backup, partBytes, url, region, role }: Move) {
  return {
    MOVER_DATA: "/data",
    MOVER_WORK: "/work",
    MOVER_SECRETS: "/secrets",
    MOVER_PARTS: "/etc/mover/parts",
    MOVER_PART_BYTES: String(partBytes),
    MOVER_BACKUP: backup,
    MOVER_NAME: name.slice(-64),
    MOVER_S3: url,
    MOVER_STS: stsUrl(region),
    MOVER_REGION: region,
    AWS_ROLE_ARN: role,
    AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/aws/token",
  };
}

function stsUrl(region: string): string {
  return ownEndpoint("sts") ?? `https://${amazonHost("sts", region)}`;
}

function volumesOf({ name, claim, partBytes }: Move) {
  const workMiB = 64 + 2 * Math.ceil(partBytes / MIB);
  const token = { path: "token", audience: "sts.amazonaws.com", expirationSeconds: 3_600 };
  return [
    { name: "data", persistentVolumeClaim: { claimName: claim } },
    { name: "script", configMap: { name, defaultMode: 0o444 } },
    { name: "work", emptyDir: { sizeLimit: `${workMiB}Mi` } },
    { name: "secrets", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    { name: "token", projected: { sources: [{ serviceAccountToken: token }] } },
  ];
}

/** Starts a mover, or finds the one that a run before has started. */
export async function startMove(kube: KubeClient, move: Move, context: Context): Promise<void> {
  const { name, namespace, labels, account } = move;
  const there = await kube.find({ resource: jobs, name, namespace });
  if (there && !isFailed(there)) return;
  if (there) await clearMove(kube, move, context);
  await kube.apply(
    { resource: serviceAccounts, name: account, namespace },
    {
      automountServiceAccountToken: false,
    },
  );
  await kube.apply(
    { resource: configMaps, name, namespace },
    {
      metadata: { labels },
      data: { "mover.sh": readFileSync(shipped(SCRIPT), "utf8"), parts: move.parts },
    },
    { force: true },
  );
  await kube.create(jobs, jobOf(move));
}

/** Waits until a mover has done it. Throws `mover-failed` with the last lines of its log. */
export async function awaitMove(
  kube: KubeClient,
  { name, namespace }: Pick<Move, "name" | "namespace">,
  { deadlineMs, context, onLook }: { deadlineMs: number; context: Context; onLook?: () => unknown },
): Promise<void> {
  const ref = { resource: jobs, name, namespace };
  const troubles = new Troubles();
  const { job, trouble } = await until(
    async () => {
      await onLook?.();
      const [job, pod] = await Promise.all([kube.get(ref), lastPod(kube, { name, namespace })]);
      return { job, trouble: await troubles.lastingIn(kube, pod, context.clock.now()) };
    },
    (seen) => isComplete(seen.job) || isFailed(seen.job) || seen.trouble !== null,
    { what: `${name} has moved the data`, deadlineMs, pauseMs: 2_000, context },
  );
  if (isComplete(job)) return;
  const words = trouble ? [trouble] : await lastWords(kube, { name, namespace });
  throw moverFailed(name, words);
}

/** Takes the mover away; the volume stays. */
export async function clearMove(
  kube: KubeClient,
  { name, namespace }: Pick<Move, "name" | "namespace">,
  context: Context,
): Promise<void> {
  await removed(kube, { resource: jobs, name, namespace }, context);
  await removed(kube, { resource: configMaps, name, namespace }, context);
}

const GONE_MS = 5 * 60_000;

/** Deletes the object of this name, if there is one, and sees it gone. */
export async function removed(
  kube: KubeClient,
  ref: Ref<KubeObject>,
  context: Context,
): Promise<void> {
  const there = await kube.find(ref);
  if (!there) return;
  const { uid } = there.metadata;
  await kube.remove(ref, uid, "Foreground");
  await until(
    () => kube.find(ref),
    (found) => found?.metadata.uid !== uid,
    {
      what: `${ref.resource.kind} ${ref.name} is gone`,
      deadlineMs: GONE_MS,
      pauseMs: 500,
      context,
    },
  );
}

function isComplete({ status }: Job): boolean {
  return has(status?.conditions, "Complete");
}

function isFailed({ status }: Job): boolean {
  return has(status?.conditions, "Failed");
}

function has(conditions: { type: string; status: string }[] | undefined, type: string): boolean {
  return conditions?.some((each) => each.type === type && each.status === "True") ?? false;
}

type Named = Pick<Move, "name" | "namespace">;

async function lastPod(kube: KubeClient, { name, namespace }: Named): Promise<Pod | undefined> {
  const found = await kube.list(pods, { namespace, labels: `job-name=${name}` });
  return found.sort((a, b) =>
    a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1,
  )[0];
}

async function lastWords(kube: KubeClient, named: Named): Promise<string[]> {
  const last = await lastPod(kube, named);
  if (!last) return [];
  return kube.logs({ name: last.metadata.name, namespace: named.namespace });
}

/** What is said of each part that was moved; why it failed stands between. */
const MOVED = /^mover: .*, \d+ bytes\.$/;

function moverFailed(name: string, log: string[]): ActionError {
  const telling = log.filter((line) => !MOVED.test(line));
  return new ActionError("mover-failed", {
    what: `The pod of ${name} does not move the data.`,
    why: telling.slice(-6).join("\n") || "It wrote nothing.",
    next: "Mend what it says and run this again: it goes on from the parts that are there.",
  });
}
