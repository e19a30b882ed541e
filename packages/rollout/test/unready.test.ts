import { unreadyText } from "../src/unready.ts";
import { livePod, liveSet } from "./cluster-objects.ts";

const container = (name: string, ready: boolean) => ({ name, ready, restartCount: 0, image: "" });

const pod = (name: string, isReady: boolean, sidecar: boolean) => {
  const one = livePod(name, "new", {
    status: {
      conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
      containerStatuses: [container("axon", true), container("exporter", sidecar)],
    },
  });
  const [set = ""] = name.split(/-\d+$/);
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: set, uid: set };
  one.metadata.ownerReferences = [{ ...owner, controller: true }];
  return one;
};

test("who is not Ready at the end is named, with the container and what follows from it", () => {
  const sets = [liveSet("a", { replicas: 2, current: "old" }), liveSet("b")];
  const pods = [pod("a-0", false, false), pod("a-1", true, true), pod("b-0", false, false)];

  expect(unreadyText(sets, pods)).toMatch(
    /does not see all pods Ready: a-0 \(exporter\)\. Until they are, a keeps the version from before/,
  );
});

test("nothing is said where Kubernetes has seen all of them ready", () => {
  expect(unreadyText([liveSet("a")], [pod("a-0", false, false)])).toBeNull();
});
