import { hideUrls } from "@playbook/action";
import {
  type ContainerStatus,
  type Event,
  type KubeClient,
  type Pod,
  pods,
  statefulSets,
} from "@playbook/kube";
import { isAbout } from "./trouble.ts";

/** What a person wants to see of a pod that does not come up. */
export type Story = { pod: string; events: string[]; log: string[] };

const EVENTS = 10;
const LINES = 30;
/** Of a line, in characters: some programs write all that they were told into one. */
const WIDTH = 1_000;

/**
 * The pod's last events and log lines: those of the process before, when this one has none. Null
 * where nothing is known of it.
 */
export async function storyOf(
  kube: KubeClient,
  namespace: string,
  name: string,
): Promise<Story | null> {
  const pod = await kube.find({ resource: pods, name, namespace });
  if (!pod) return unmadeStory(kube, namespace, name);
  const events = await kube.eventsOf(pod);
  const log = await logOf(kube, pod, namespace);
  return { pod: name, events: wordsOf(events), log };
}

/** Of a pod that is not there its set says what becomes of it. */
async function unmadeStory(
  kube: KubeClient,
  namespace: string,
  pod: string,
): Promise<Story | null> {
  const set = { resource: statefulSets, name: pod.replace(/-\d+$/, ""), namespace };
  const events = (await kube.eventsNamed(set)).filter((one) => isAbout(one, pod));
  return events.length > 0 ? { pod, events: wordsOf(events), log: [] } : null;
}

function wordsOf(events: readonly Event[]): string[] {
  return events.slice(-EVENTS).map(({ reason, message }) => `${reason}: ${message}`);
}

/**
 * As a person sees it in a summary: folded, and whatever the log holds stays text. Programs write
 * the URLs that they do not reach into their logs, and summaries are read by more than Secrets are.
 */
export function storyText({ pod, events, log }: Story): string {
  return [
    `<details><summary>${pod}: last events and log lines</summary>`,
    "",
    "```text",
    ...[...events, ...(log.length > 0 ? ["", ...log] : [])].map(shown),
    "```",
    "",
    "</details>",
  ].join("\n");
}

function shown(line: string): string {
  const text = hideUrls(line).replaceAll("```", "'''");
  return text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text;
}

/**
 * The container whose log tells why a pod does not come up: one that does not run, or has ended
 * before and is not ready, else one that is not ready, else the node.
 */
export function tellingContainer({ spec, status }: Pick<Pod, "spec" | "status">): string {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const troubled = all.filter(({ state, ready }) => !ready && !hasEndedWell(state));
  const { name } =
    troubled.find(isDown) ??
    troubled[0] ??
    spec.containers.find(isNode) ??
    (spec.containers[0] as { name: string });
  return name;
}

/** Beside others a node is known by its name, or its image's. */
function isNode({ name, image }: { name: string; image: string }): boolean {
  return /axon/.test(`${name} ${image.split("/").at(-1)}`);
}

function hasEndedWell(state: ContainerStatus["state"]): boolean {
  return state?.terminated?.exitCode === 0;
}

/** One that waits for those before it has not begun. */
function isDown({ state, restartCount }: ContainerStatus): boolean {
  const { reason } = state?.waiting ?? {};
  if (reason !== undefined) return !/^(?:PodInitializing|ContainerCreating)$/.test(reason);
  return state?.terminated !== undefined || restartCount > 0;
}

async function logOf(kube: KubeClient, pod: Pod, namespace: string) {
  const container = tellingContainer(pod);
  const where = { name: pod.metadata.name, namespace };
  for (const previous of [false, true]) {
    const lines = await kube.logs(where, { lines: LINES, container, previous });
    if (lines.length > 0) return lines;
  }
  return [];
}
