import type { Context } from "@playbook/action";
import { KubeClient } from "@playbook/kube";

/** GitHub gives a cancelled run 7.5 s before it gets rough. */
const PARTING_MS = 4_000;

/**
 * A run that is cancelled, now or while this is used, starts nothing new, and has a moment to leave
 * things in order.
 */
export function partingClient(kube: KubeClient, context: Context): KubeClient {
  return new KubeClient(kube.connection, {
    ...context,
    signal: lateBy(PARTING_MS, context.signal),
  });
}

/** Aborted so much later than another. */
function lateBy(ms: number, signal: AbortSignal): AbortSignal {
  if (signal.aborted) return AbortSignal.timeout(ms);
  const late = new AbortController();
  const end = () => setTimeout(() => late.abort(signal.reason), ms).unref();
  signal.addEventListener("abort", end, { once: true });
  return late.signal;
}
