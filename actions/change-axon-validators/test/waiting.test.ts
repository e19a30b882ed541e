import { contextForTests } from "@playbook/action/testing";
import { KubeClient, type KubeObject, type StatefulSet } from "@playbook/kube";
import { quickClock } from "../../../packages/kube/test/place.ts";
import { startApi } from "../../backup-axon/test/api.ts";
import { type Order, sign } from "../src/signer-job.ts";

const MINUTE = 60_000;
const NAMESPACE = "/api/v1/namespaces/axon";
const POD = `${NAMESPACE}/pods/axon-sign-x`;
const LOG = `${POD}/log`;

const WORD = `0x${"1".repeat(64)}` as const;
const SIGNATURE = { r: WORD, s: WORD, yParity: 0 };

const volumes = [{ name: "keys", secret: { secretName: "axon-a" } }];
const ORDER: Order = {
  ...{ digest: WORD, publicKey: "0x02", image: "registry.example/node" },
  ...{ place: { volumes: ["keys"], file: "net.key" } },
  set: {
    metadata: { name: "axon-a", namespace: "axon" },
    spec: { template: { spec: { volumes } } },
  } as unknown as StatefulSet,
};

/**
 * The signer's pod, which no node takes, and what an autoscaler says of it; the log that it will
 * write.
 */
function pending(reason: string): Record<string, KubeObject> {
  const created = { creationTimestamp: "2026-01-01T00:00:00Z" };
  const labels = { "batch.kubernetes.io/controller-uid": "1" };
  const pod = {
    metadata: { name: "axon-sign-x", namespace: "axon", uid: "pod", labels, ...created },
    status: {
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "" }],
    },
  };
  const event = { reason, message: "said of it", metadata: { name: "e", ...created } };
  const log = JSON.stringify(SIGNATURE);
  return { [POD]: pod, [`${NAMESPACE}/events/e`]: event, [LOG]: log } as never;
}

type Step = { after: number; status: object };

/** Has the call signed; its pod gets further in steps. */
async function signed(reason: string, steps: Step[]) {
  await using api = await startApi(pending(reason));
  const { clock, waited } = quickClock(() => {
    for (const { after, status } of steps) if (waited() > after) api.patch(POD, { status });
  });
  const context = contextForTests({ clock });
  const looks: number[] = [];
  const onLook = async () => void looks.push(waited());
  const signature = await sign(new KubeClient(api.connection, context), ORDER, { context, onLook });
  return { signature, looks };
}

const placed = { conditions: [{ type: "PodScheduled", status: "True" }] };
const succeeded = { ...placed, phase: "Succeeded" };

test("a node that is being made for who signs is waited for, and its image is pulled after that", async () => {
  const steps = [
    { after: 7 * MINUTE, status: placed },
    { after: 9.5 * MINUTE, status: succeeded },
  ];
  const { signature, looks } = await signed("TriggeredScaleUp", steps);

  expect(signature).toEqual(SIGNATURE);
  // Others take a run that says nothing for 15 s for dead.
  const pauses = looks.map((at, number) => at - (looks[number - 1] ?? 0));
  expect(Math.max(...pauses)).toBeLessThan(5_000);
});

test("one for which none is made is given up, and so is one whose node does not come or that hangs there", async () => {
  const failed = (why: string) => ({ code: "signer-failed", why: expect.stringContaining(why) });
  const late = [{ after: 20 * MINUTE, status: succeeded }];
  await expect(signed("NotTriggerScaleUp", late)).rejects.toMatchObject(failed("none is made"));
  await expect(signed("Nominated", late)).rejects.toMatchObject(failed("has not come"));
  const hung = [{ after: 5 * MINUTE, status: placed }, ...late];
  await expect(signed("Nominated", hung)).rejects.toMatchObject(failed("not ended in 180 s"));
});
