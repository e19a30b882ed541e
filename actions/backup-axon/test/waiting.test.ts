import { contextForTests } from "@playbook/action/testing";
import { awaitMove } from "@playbook/backup";
import { KubeClient, type KubeObject } from "@playbook/kube";
import { quickClock } from "../../../packages/kube/test/place.ts";
import { startApi } from "./api.ts";

const JOB = "/apis/batch/v1/namespaces/axon/jobs/move";
const MINUTE = 60_000;

/** A mover's pod that no node takes, and what an autoscaler says of it. */
function pending(reason: string): Record<string, KubeObject> {
  const created = { creationTimestamp: "2026-01-01T00:00:00Z" };
  const pod = {
    metadata: {
      name: "move-x",
      namespace: "axon",
      uid: "pod",
      labels: { "job-name": "move" },
      ...created,
    },
    status: {
      conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "" }],
    },
  };
  const event = { reason, message: "said of it", metadata: { name: "e", ...created } };
  return {
    [JOB]: { metadata: { name: "move" }, spec: {}, status: {} },
    "/api/v1/namespaces/axon/pods/move-x": pod,
    "/api/v1/namespaces/axon/events/e": event,
  } as never;
}

async function waits(reason: string, forMs: number): Promise<void> {
  await using api = await startApi(pending(reason));
  const { clock } = quickClock();
  const context = contextForTests({ clock });
  const kube = new KubeClient(api.connection, context);
  const end = clock.now() + forMs;
  const onLook = () => {
    const conditions = [{ type: "Complete", status: "True" }];
    if (clock.now() > end) api.patch(JOB, { status: { conditions } });
  };
  await awaitMove(
    kube,
    { name: "move", namespace: "axon" },
    { deadlineMs: 60 * MINUTE, context, onLook },
  );
}

test("a pod for which a node is being made is waited for: it takes minutes to come", async () => {
  await expect(waits("TriggeredScaleUp", 6 * MINUTE)).resolves.toBeUndefined();
});

test("one for which none is made is given up, and so is one whose node does not come", async () => {
  const failed = { code: "mover-failed", why: expect.stringContaining("No node takes it") };
  await expect(waits("NotTriggerScaleUp", 6 * MINUTE)).rejects.toMatchObject(failed);
  await expect(waits("Nominated", 20 * MINUTE)).rejects.toMatchObject(failed);
});
