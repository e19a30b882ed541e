import { livePod, liveSet } from "../../../rollout/test/cluster-objects.ts";
import { checkBehind } from "../../src/preflight/sets/behind.ts";

const ofSet = (name: string, revision: string) => {
  const pod = livePod(`${name}-0`, revision);
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name, uid: name, controller: true };
  pod.metadata.ownerReferences = [owner];
  return pod;
};

test("a set that keeps a version which none of its pods has is told", () => {
  const sets = [liveSet("a", { current: "older" }), liveSet("b", { current: "old" })];
  const pods = [ofSet("a", "old"), ofSet("b", "old")];

  expect(checkBehind(sets, pods)).toMatchObject([
    {
      ...{ code: "set-behind", level: "warning", at: "StatefulSet a" },
      why: expect.stringContaining("the version from before (older)"),
    },
  ]);
});

test("one that has no pods, or that has seen all of them ready, is not", () => {
  expect(checkBehind([liveSet("a", { current: "old" })], [])).toEqual([]);
  expect(checkBehind([liveSet("a", { current: "new" })], [ofSet("a", "new")])).toEqual([]);
});
