import { ActionError, type Context } from "@playbook/action";
import { type Hex, keyShown } from "@playbook/axon";
import { greetingOf } from "@playbook/kube";
import type { LiveChain, Look } from "./chain.ts";

type Ports = { namespace: string; p2pPort: number };

/**
 * That no node shows its peers the key of another validator than its pod is said to be: another one
 * would be stopped, or started anew, in its place. A node that does not answer is not judged.
 * Throws
 * `pod-of-another`.
 */
export async function checkIdentities(
  { kube, members }: Pick<LiveChain, "kube" | "members">,
  { scene }: Pick<Look, "scene">,
  { namespace, p2pPort: port }: Ports,
  context: Context,
): Promise<void> {
  const posts = scene.posts.filter(({ pod }) => pod?.status?.phase === "Running");
  const keys = [...scene.posts.map(({ id }) => id as Hex), ...members.map((one) => one.pub_key)];
  const found = await Promise.all(
    posts.map(async ({ id, place }) => {
      const target = { namespace, pod: place.pod, port };
      const greeting = await greetingOf(kube.connection, target, context);
      return { id, pod: place.pod, shown: greeting && keyShown(greeting, keys) };
    }),
  );
  const wrong = found.flatMap(({ id, pod, shown }) =>
    shown && shown !== id ? [`${pod} shows ${shown} to its peers, and is said to be ${id}.`] : [],
  );
  if (wrong.length > 0) throw ofAnother(wrong);
}

function ofAnother(lines: readonly string[]): ActionError {
  return new ActionError("pod-of-another", {
    what: "A pod is another validator than it is said to be.",
    why: lines.join("\n"),
    next: 'Correct "public-keys", or the annotation axon/public-key; then run this again.',
  });
}
