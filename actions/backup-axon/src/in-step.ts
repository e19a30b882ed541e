import { ActionError, type Context, count } from "@playbook/action";
import { headAmong, isRunning, isSilence } from "@playbook/backup";
import { type KubeClient, pods, statefulSets, until } from "@playbook/kube";
import { othersAmong } from "./others.ts";
import type { Inputs } from "./prepare.ts";
import type { Source } from "./source.ts";

/** A node is in step when it is at most so many blocks behind any other. */
const LAG = 2;

/** How many blocks it is behind the others; `alone` while none of them answers. */
type Standing = number | "starting" | "alone";

type Looked = Pick<Inputs, "namespace" | "release" | "rpcPort" | "syncTimeout">;

/**
 * Waits until the node runs and is where the others are. A node that is alone to the end is what is
 * left of the chain: that is said, and it is taken. Throws `not-in-time`.
 */
export async function awaitInStep(
  kube: KubeClient,
  source: Source,
  inputs: Looked,
  context: Context,
): Promise<void> {
  const { pod } = source;
  let last: Standing = "starting";
  let told = "";
  await until(
    () => standingOf(kube, source, inputs, context),
    (standing) => {
      last = standing;
      return typeof standing === "number" && standing <= LAG;
    },
    {
      what: `${pod} is in step with the chain`,
      ...{ deadlineMs: inputs.syncTimeout, context },
      onLook: (standing) => {
        const text = textOf(pod, standing);
        if (text !== told) context.progress(text);
        told = text;
      },
    },
  ).catch((error) => {
    if (!isLate(error) || last !== "alone") throw error;
    context.warn(`Whether ${pod} has the newest blocks is not known: ${ALONE}`);
  });
}

const ALONE = "no other node of the release answers, nor a validator that is in none.";

function textOf(pod: string, standing: Standing): string {
  if (standing === "starting") return `${pod} is starting.`;
  return standing === "alone"
    ? `${pod} answers, and ${ALONE}`
    : `${pod} is ${count(standing, "block")} behind.`;
}

async function standingOf(
  kube: KubeClient,
  source: Source,
  { namespace, release, rpcPort: port }: Looked,
  context: Context,
): Promise<Standing> {
  const found = await kube.find({ resource: pods, name: source.pod, namespace });
  if (!found || !isRunning(found)) return "starting";
  using node = source.rpc();
  try {
    const [height, syncing] = await Promise.all([node.height(), node.isSyncing()]);
    const all = await kube.list(pods, { namespace });
    const sets = await kube.list(statefulSets, { namespace });
    const among = othersAmong(all, sets, { release, pod: source.pod });
    const others = await headAmong(kube, among, { namespace, port }, context);
    const behind = Math.max(0, (others?.height ?? 0) - height);
    if (syncing) return Math.max(LAG + 1, behind);
    return others ? behind : "alone";
  } catch (error) {
    if (context.signal.aborted || !isSilence(error)) throw error;
    return "starting";
  }
}

/** Whether something did not come in its time. */
export function isLate(error: unknown): boolean {
  return error instanceof ActionError && error.code === "not-in-time";
}
