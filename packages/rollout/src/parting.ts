import type { Context } from "@playbook/action";
import { KubeClient } from "@playbook/kube";

/** GitHub gives a cancelled run 7.5 s before it gets rough. */
const PARTING_MS = 4_000;

/** A run that was cancelled starts nothing new, and has a moment to leave things in order. */
export function partingClient(kube: KubeClient, context: Context): KubeClient {
  if (!context.signal.aborted) return kube;
  const signal = AbortSignal.timeout(PARTING_MS);
  return new KubeClient(kube.connection, { ...context, signal });
}
