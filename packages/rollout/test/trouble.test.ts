import { Troubles, troubleOf } from "../src/trouble.ts";
import { livePod } from "./cluster-objects.ts";

function waiting(reason: string, restartCount = 0, message = "said so") {
  const state = { waiting: { reason, message } };
  const container = { name: "axon", ready: false, restartCount, image: "axon:v1", state };
  return livePod("axon-0", "new", { status: { containerStatuses: [container] } });
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
    const condition = {
      ...{ type: "PodScheduled", status: "False", reason: "Unschedulable" },
      message: "0/3 nodes are available",
    };

    expect(troubleOf(livePod("p", "new", { status: { conditions: [condition] } }))?.text).toBe(
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
