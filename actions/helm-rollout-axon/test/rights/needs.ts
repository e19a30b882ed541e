import type { Grant } from "@playbook/access";
import type { Acts, Told } from "./acts.ts";
import { NAME } from "./place.ts";

/** What is done to see that a right is missed. */
export type Act = {
  /** With every right. */
  prepare: (acts: Acts) => Promise<unknown>;
  run: (acts: Acts) => Promise<Told>;
};

const nothing = async () => {};

/** Rights that a plain upgrade does not come to. */
const OTHERS: Record<Grant, "turnBack" | "heldUp" | "forwardOnly"> = {
  "get pods": "turnBack",
  "get pods/log": "turnBack",
  "list events": "turnBack",
  "delete pods": "heldUp",
  "list snapshot.storage.k8s.io/volumesnapshots": "forwardOnly",
  "create snapshot.storage.k8s.io/volumesnapshots": "forwardOnly",
};

/**
 * Where the API has what is made by a patch when it is not there, but for StatefulSets of
 * validators.
 */
const COLLECTIONS: Record<string, string> = {
  ...inNamespace("/api/v1", "services", "serviceaccounts"),
  ...inNamespace("/apis/apps/v1", "statefulsets"),
  ...inNamespace("/apis/policy/v1", "poddisruptionbudgets"),
  ...inNamespace("/apis/networking.k8s.io/v1", "networkpolicies"),
  ...inNamespace("/apis/autoscaling/v2", "horizontalpodautoscalers"),
  ...inNamespace("/apis/monitoring.coreos.com/v1", "servicemonitors"),
  ...inNamespace("/apis/external-secrets.io/v1", "externalsecrets", "secretstores"),
  storageclasses: "/apis/storage.k8s.io/v1/storageclasses",
  priorityclasses: "/apis/scheduling.k8s.io/v1/priorityclasses",
};

function inNamespace(api: string, ...plurals: string[]): Record<string, string> {
  return Object.fromEntries(
    plurals.map((plural) => [plural, `${api}/namespaces/${NAME}/${plural}`]),
  );
}

/** What comes to need a right. */
export function actFor(grant: Grant, isPlan: boolean): Act {
  if (isPlan) return { prepare: nothing, run: (acts) => acts.plan() };
  const other = OTHERS[grant];
  if (other) return { prepare: nothing, run: (acts) => acts[other]() };
  const [, verb = "", plural = ""] = /^(\w+) (?:[\w.-]+\/)?(\w+)/.exec(grant) ?? [];
  const away = verb === "delete" && plural !== "configmaps";
  if (away || plural === "secretproviderclasses") {
    // What a run before has left may have nothing any more that could be taken away.
    return { prepare: (acts) => acts.upgrade(), run: (acts) => acts.turnBack() };
  }
  const collection = verb === "create" ? COLLECTIONS[plural] : undefined;
  return {
    prepare: async (acts) => collection && acts.lose(collection),
    run: (acts) => acts.upgrade(),
  };
}
