import { readFileSync } from "node:fs";
import { ActionError, type Context, goOn, shipped } from "@playbook/action";
import type { EcdsaSignature, Hex } from "@playbook/axon";
import {
  type Condition,
  type KubeClient,
  type KubeObject,
  type Pod,
  pods,
  type Resource,
  type StatefulSet,
} from "@playbook/kube";
import { Troubles, troubleOf } from "@playbook/rollout";
import { z } from "zod";
import { type KeyPlace, keyVolumeOf, templateOf } from "./key-volume.ts";

type Job = KubeObject & {
  spec: object;
  status?: { conditions?: Condition[] };
};

const jobs: Resource<Job> = {
  apiVersion: "batch/v1",
  kind: "Job",
  plural: "jobs",
  namespaced: true,
};

/** What is to be signed, by whom, and in what. */
export type Order = {
  digest: Hex;
  publicKey: Hex;
  /** The validator's own set: the pod that signs is who that set's pods are. */
  set: StatefulSet;
  place: KeyPlace;
  /** With Node.js, by its digest. */
  image: string;
};

const KEYS = "/var/run/signer";
const TRIES = 2;
const DEADLINE_MS = 180_000;
const PAUSE_MS = 250;
const UNPLACED_PAUSE_MS = 2_000;

/** What the script ends with when another try would end alike. */
const HOPELESS = {
  action: "FailJob",
  onExitCodes: { containerName: "sign", operator: "In", values: [42] },
};

/** A job whose run has died, and that no other run has come for, goes after this time. */
const LEFT_SECONDS = 3_600;

const word = z.string().regex(/^0x[0-9a-f]{64}$/) as z.ZodType<Hex>;
const answer = z.object({ r: word, s: word, yParity: z.literal([0, 1]) });

/** What the job runs. */
export function signerScript(): string {
  return readFileSync(shipped("actions/change-axon-validators/signer/sign.mjs"), "utf8");
}

/** One for each digest: whoever asks for the same signature finds the same job. */
function nameFor(digest: Hex): string {
  return `axon-sign-${digest.slice(2, 18)}`;
}

function draftOf({ digest, publicKey, set, place, image }: Order) {
  const name = nameFor(digest);
  const volume = keyVolumeOf(set, place);
  const like = templateOf(set);
  const { serviceAccountName, securityContext, nodeSelector, tolerations, imagePullSecrets } = like;
  const env = {
    SIGNER_DIGEST: digest,
    SIGNER_PUBLIC_KEY: publicKey,
    SIGNER_KEY: `${KEYS}/${place.file}`,
  };
  const container = {
    name: "sign",
    image,
    command: ["node", "--input-type=module", "--eval", signerScript()],
    workingDir: "/tmp",
    env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "128Mi" } },
    volumeMounts: [{ name: volume?.name, mountPath: KEYS, readOnly: true }],
  };
  const spec = {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...{ serviceAccountName, securityContext, nodeSelector, tolerations, imagePullSecrets },
    containers: [container],
    volumes: [volume],
  };
  const labels = { "app.kubernetes.io/name": "axon-signer" };
  return {
    ...{ apiVersion: jobs.apiVersion, kind: jobs.kind },
    metadata: { name, namespace: set.metadata.namespace ?? "default", labels },
    spec: {
      backoffLimit: TRIES,
      podFailurePolicy: { rules: [HOPELESS] },
      ttlSecondsAfterFinished: LEFT_SECONDS,
      template: { metadata: { labels }, spec },
    },
  };
}

type Waiting = { context: Context; onLook: () => Promise<void> };

/**
 * Has a validator sign, in a pod of its own that has its identity and its network key. Done twice
 * the signature is the same. Throws `signer-failed`.
 */
export async function sign(
  kube: KubeClient,
  order: Order,
  waiting: Waiting,
): Promise<EcdsaSignature> {
  const draft = draftOf(order);
  const { name, namespace } = draft.metadata;
  const there = await kube.find({ resource: jobs, name, namespace });
  // One that failed before is made anew: what was wrong may have been mended.
  if (there && has(there, "Failed")) await removeJob(kube, there);
  if (!there || has(there, "Failed")) await kube.create(jobs, draft);
  const { job, pod, trouble } = await ended(kube, { name, namespace }, waiting);
  if (trouble !== null) {
    await removeJob(kube, job);
    throw failed(order, trouble);
  }
  const said = pod ? await kube.logs({ name: pod.metadata.name, namespace }) : [];
  await removeJob(kube, job);
  const read = answer.safeParse(parsed(said.at(-1)));
  if (read.success) return read.data;
  throw failed(order, said.at(-1) ?? "Its pod has said nothing.");
}

/**
 * Waits until the job has ended, or what keeps it from ending has lasted too long. Its own time
 * begins once a node has taken its pod: one that is made for it takes minutes.
 */
async function ended(
  kube: KubeClient,
  { name, namespace }: { name: string; namespace: string },
  { context, onLook }: Waiting,
) {
  const { clock, signal } = context;
  const troubles = new Troubles();
  let end = clock.now() + DEADLINE_MS;
  // An image that is not to be had is in one of two states, by turns.
  const told = new Set([""]);
  for (;;) {
    goOn(context);
    await onLook();
    const { job, pod } = await look(kube, name, namespace);
    if (has(job, "Failed") || pod?.status?.phase === "Succeeded") {
      return { job, pod, trouble: null };
    }
    const now = clock.now();
    const isUnplaced = pod !== undefined && troubleOf(pod)?.reason === "Unschedulable";
    if (isUnplaced) end = now + DEADLINE_MS;
    const late =
      now >= end ? `It has not ended in ${DEADLINE_MS / 1_000} s. ${stateOf(pod)}` : null;
    const trouble = (await troubles.lastingIn(kube, pod, now)) ?? late;
    if (trouble !== null) return { job, pod, trouble };
    const text = (pod && troubleOf(pod)?.text) ?? "";
    if (!told.has(text)) context.progress(`${name}: ${text}`);
    told.add(text);
    await clock.sleep(isUnplaced ? UNPLACED_PAUSE_MS : PAUSE_MS, signal);
  }
}

/** What Kubernetes says of a pod that has not ended. */
function stateOf(pod: Pod | undefined): string {
  if (!pod) return "It has no pod: a quota, or what guards the namespace, may refuse it.";
  const trouble = troubleOf(pod)?.text;
  const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting?.reason;
  return trouble ?? `Its pod is ${pod.status?.phase}${waiting ? `: ${waiting}` : ""}.`;
}

async function look(kube: KubeClient, name: string, namespace: string) {
  const job = await kube.get({ resource: jobs, name, namespace });
  // Not by its name: the pod of one that was removed may still be there.
  const labels = `batch.kubernetes.io/controller-uid=${job.metadata.uid}`;
  const found = await kube.list(pods, { namespace, labels });
  const done = found.find(({ status }) => status?.phase === "Succeeded");
  return { job, pod: done ?? found.at(-1) };
}

function has({ status }: Job, type: string): boolean {
  return status?.conditions?.some((it) => it.type === type && it.status === "True") ?? false;
}

async function removeJob(kube: KubeClient, { metadata }: Job): Promise<void> {
  const { name, namespace, uid } = metadata;
  await kube.remove({ resource: jobs, name, ...(namespace && { namespace }) }, uid);
}

function parsed(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? "");
  } catch {
    return undefined;
  }
}

function failed({ set, image }: Order, why: string): ActionError {
  return new ActionError("signer-failed", {
    what: `Nothing was signed with the key of ${set.metadata.name}.`,
    why,
    next: `See whether ${image} can be pulled there, and whether its pods have that key as a file.`,
  });
}
