import { nodeStatus, podStatus } from "./status-templates.ts";

/** How a pod fares whose template has the annotation; without one it is ready after a second. */
export const behaviours = {
  "never-ready": podStatus("Running", { ready: false, state: "running: { startedAt: NOW }" }),
  "crash-loop": podStatus("Running", {
    ready: false,
    restarts: 3,
    state: "waiting: { reason: CrashLoopBackOff, message: back-off restarting failed container }",
    lastState: "terminated: { exitCode: 1, reason: Error, startedAt: NOW, finishedAt: NOW }",
  }),
  "cannot-pull": podStatus("Pending", {
    ready: false,
    state: "waiting: { reason: ImagePullBackOff, message: Back-off pulling image }",
  }),
  fails: podStatus("Failed", {
    ready: false,
    state: "terminated: { exitCode: 1, reason: Error, startedAt: NOW, finishedAt: NOW }",
  }),
};

export const BEHAVIOUR = "playbook.world/behaviour";
/** A duration as Go writes them: `3s`. */
export const READY_AFTER = "playbook.world/ready-after";

/** Below a second, disruption budgets are told of pods that they have not seen go. */
const READY_MS = 1000;
const GONE_MS = 700;

type Requirement =
  | { key: string; operator: "In" | "NotIn" | "Exists" | "DoesNotExist"; values?: string[] }
  | { cel: { expression: string } };

/** Pods of these images become processes elsewhere. */
const notOurs: Requirement = {
  cel: {
    expression:
      "!self.spec.containers.exists(c, c.image.matches('/(axon|node|hyperlane-agent)(:|@|$)'))",
  },
};
const goes: Requirement = { key: ".metadata.deletionTimestamp", operator: "Exists" };
const stays: Requirement = { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" };
const waits: Requirement = { key: ".status.phase", operator: "In", values: ["Pending"] };
const untouched: Requirement = { key: ".status.startTime", operator: "DoesNotExist" };
const runs: Requirement = { key: ".status.phase", operator: "In", values: ["Running"] };
const ofJob: Requirement = {
  key: ".metadata.ownerReferences.[].kind",
  operator: "In",
  values: ["Job"],
};
const isReady = '.status.conditions.[] | select( .type == "Ready" ) | .status';

const annotated = (operator: "In" | "NotIn", ...values: string[]): Requirement => ({
  key: `.metadata.annotations["${BEHAVIOUR}"]`,
  operator,
  values,
});

/**
 * What KWOK does in the place of kubelets, as the stages of its configuration:
 * https://kwok.sigs.k8s.io/docs/user/stages-configuration/
 */
export function kwokConfiguration(): string {
  return stages()
    .map((one) => JSON.stringify(one))
    .join("\n---\n");
}

function stages() {
  const begins = [notOurs, stays, waits, untouched];
  const running = { ready: true, state: "running: { startedAt: NOW }" };
  const completed = {
    ready: false,
    state: "terminated: { exitCode: 0, reason: Completed, startedAt: NOW, finishedAt: NOW }",
  };
  return [
    stage("Pod", "ready", [...begins, annotated("NotIn", ...Object.keys(behaviours))], {
      delay: {
        durationMilliseconds: READY_MS,
        durationFrom: { expressionFrom: `.metadata.annotations["${READY_AFTER}"]` },
      },
      next: { statusTemplate: podStatus("Running", running) },
    }),
    ...Object.entries(behaviours).map(([name, statusTemplate]) =>
      stage("Pod", name, [...begins, annotated("In", name)], { next: { statusTemplate } }),
    ),
    stage("Pod", "completed", [notOurs, stays, runs, ofJob], {
      next: { statusTemplate: podStatus("Succeeded", completed) },
    }),
    stage("Pod", "gone", [notOurs, goes], {
      delay: { durationMilliseconds: GONE_MS },
      next: { delete: true },
    }),
    stage("Node", "ready", [{ key: isReady, operator: "NotIn", values: ["True"] }], {
      next: { statusTemplate: nodeStatus },
    }),
  ];
}

type Effect = { delay?: object; next: object };

function stage(kind: string, name: string, matchExpressions: Requirement[], effect: Effect) {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name: `${kind.toLowerCase()}-${name}` },
    spec: { resourceRef: { apiGroup: "v1", kind }, selector: { matchExpressions }, ...effect },
  };
}
