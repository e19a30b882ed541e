import { hideUrls } from "@playbook/action";
import { type KubeClient, type Pod, pods } from "@playbook/kube";

/** What a person wants to see of a pod that does not come up. */
export type Story = { pod: string; events: string[]; log: string[] };

const EVENTS = 10;
const LINES = 30;
/** Of a line, in characters: some programs write all that they were told into one. */
const WIDTH = 1_000;

/** The pod's last events and log lines: those of the process before, when this one has none. */
export async function storyOf(
  kube: KubeClient,
  namespace: string,
  name: string,
): Promise<Story | null> {
  const pod = await kube.find({ resource: pods, name, namespace });
  if (!pod) return null;
  const events = await kube.eventsOf(pod);
  const log = await logOf(kube, pod, namespace);
  return {
    pod: name,
    events: events.slice(-EVENTS).map(({ reason, message }) => `${reason}: ${message}`),
    log,
  };
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

async function logOf(kube: KubeClient, { metadata, spec }: Pod, namespace: string) {
  const [main] = spec.containers;
  const container = main?.name;
  const where = { name: metadata.name, namespace };
  for (const previous of [false, true]) {
    const lines = await kube.logs(where, { lines: LINES, container, previous });
    if (lines.length > 0) return lines;
  }
  return [];
}
