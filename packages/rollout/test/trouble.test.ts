import type { Event, Pod } from "@playbook/kube";
import { Troubles, troubleOf, unmadeOf } from "../src/trouble.ts";
import { livePod } from "./cluster-objects.ts";

function waiting(reason: string, restartCount = 0, message = "said so") {
  const state = { waiting: { reason, message } };
  const container = { name: "axon", ready: false, restartCount, image: "axon:v1", state };
  return livePod("axon-0", "new", { status: { containerStatuses: [container] } });
}

function unplaced(): Pod {
  const condition = {
    ...{ type: "PodScheduled", status: "False", reason: "Unschedulable" },
    message: "0/3 nodes are available",
  };
  return livePod("p", "new", { status: { conditions: [condition] } });
}

function said(reason: string, message: string): Event {
  const { metadata } = livePod("p", "new");
  const involvedObject = { kind: "Pod", name: "p" };
  return { apiVersion: "v1", kind: "Event", metadata, involvedObject, reason, message };
}

describe("a pod's trouble", () => {
  test("is what nobody but a person mends", () => {
    expect(troubleOf(waiting("InvalidImageName"))?.text).toBe(
      "axon is in InvalidImageName. said so",
    );
    expect(troubleOf(waiting("ContainerCreating"))).toBeNull();
    expect(troubleOf(livePod("axon-0", "new"))).toBeNull();
  });

  test("is a crash loop only after some restarts: a node may end once before its peers are up", () => {
    expect(troubleOf(waiting("CrashLoopBackOff", 1))).toBeNull();
    expect(troubleOf(waiting("CrashLoopBackOff", 3))?.text).toContain("after 3 restarts");
  });

  test("is an init container's, too", () => {
    const [init] = waiting("CrashLoopBackOff", 4).status?.containerStatuses ?? [];
    const pod = livePod("axon-0", "new", { status: { initContainerStatuses: init ? [init] : [] } });

    expect(troubleOf(pod)?.reason).toBe("CrashLoopBackOff");
  });

  test("is that no node takes it, in the scheduler's words", () => {
    expect(troubleOf(unplaced())?.text).toBe("No node takes it: 0/3 nodes are available");
  });

  const coming = [
    said("TriggeredScaleUp", "pod triggered scale-up: [{workers 3->4 (max: 6)}]"),
    said("Nominated", "Pod should schedule on: nodeclaim/default-x2z"),
  ];

  test.each(coming)("is endured longer while $reason tells of a node that is made", (event) => {
    const troubles = new Troubles();
    const events = [said("NotTriggerScaleUp", "1 max size reached"), event];

    expect(troubles.lasting(unplaced(), 0)).toBeNull();
    expect(troubles.lasting(unplaced(), 599_000, events)).toBeNull();
    expect(troubles.lasting(unplaced(), 600_000, events)).toBe(
      "No node takes it, and the one that was to be made has not come " +
        `(${event.reason}: ${event.message}): 0/3 nodes are available`,
    );
  });

  test("is not endured longer where no node can be made", () => {
    const troubles = new Troubles();
    const events = [...coming, said("NotTriggerScaleUp", "1 max size reached")];

    expect(troubles.lasting(unplaced(), 0)).toBeNull();
    expect(troubles.lasting(unplaced(), 179_000, events)).toBeNull();
    expect(troubles.lasting(unplaced(), 180_000, events)).toBe(
      "No node takes it, and none is made for it (NotTriggerScaleUp: 1 max size reached): " +
        "0/3 nodes are available",
    );
    expect(troubles.lasting(unplaced(), 180_000, [said("FailedScheduling", "0/3")])).toBe(
      "No node takes it: 0/3 nodes are available",
    );
  });

  test("counts once it has lasted: a registry may be back in a moment", () => {
    const troubles = new Troubles();
    const pulling = waiting("ErrImagePull");

    expect(troubles.lasting(pulling, 0)).toBeNull();
    expect(troubles.lasting(waiting("ImagePullBackOff"), 29_000)).toBeNull();
    expect(troubles.lasting(pulling, 30_000)).toContain("ErrImagePull");
    expect(troubles.lasting(waiting("InvalidImageName"), 0)).toContain("InvalidImageName");
    expect(troubles.lasting(undefined, 0)).toBeNull();
  });

  test("lasts long enough sooner where the registry says that it has no such image", () => {
    const troubles = new Troubles();
    const pulling = waiting("ErrImagePull", 0, "axon:v9: not found");

    expect(troubles.lasting(pulling, 0)).toBeNull();
    expect(troubles.lasting(waiting("ImagePullBackOff"), 10_000)).toBeNull();
    expect(troubles.lasting(pulling, 10_000)).toContain("not found");
  });
});

describe("a pod that its set does not make", () => {
  const nope = "no PriorityClass with name nope was found";
  const failed = (pod: string) =>
    said("FailedCreate", `create Pod ${pod} in StatefulSet axon failed error: ${nope}`);
  const made = (pod: string) =>
    said("SuccessfulCreate", `create Pod ${pod} in StatefulSet axon successful`);

  test("is known by what its set said of it last", () => {
    expect(unmadeOf("axon-1", [made("axon-1"), failed("axon-1")])).toBe(
      `It is not made. create Pod axon-1 in StatefulSet axon failed error: ${nope}`,
    );
    expect(unmadeOf("axon-1", [failed("axon-1"), made("axon-1")])).toBeNull();
    expect(unmadeOf("axon-1", [failed("axon-10"), made("axon-2")])).toBeNull();
    expect(unmadeOf("axon-1", [])).toBeNull();
  });
});
