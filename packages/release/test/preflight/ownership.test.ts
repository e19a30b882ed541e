import type { Revision } from "@playbook/kube";
import { checkOwners, checkPending } from "../../src/preflight/sets/ownership.ts";
import { setOf } from "./sets.ts";

const name = { release: "axon", namespace: "axon" };
const marks = (release: string) => ({
  labels: { "app.kubernetes.io/managed-by": "Helm" },
  annotations: {
    "meta.helm.sh/release-name": release,
    "meta.helm.sh/release-namespace": "axon",
  },
});
const set = setOf("axon1");
const marked = (release: string) => ({ ...set, metadata: { name: "axon1", ...marks(release) } });

describe("what is there under a rendered name", () => {
  test("is the release's, or Helm refuses it", () => {
    expect(checkOwners([set], [marked("axon")], [], name)).toEqual([]);
    expect(checkOwners([set], [setOf("axon2")], [], name)).toEqual([]);
    expect(checkOwners([set], [set], [], name)).toMatchObject([
      {
        code: "not-helms",
        at: "StatefulSet axon1",
        level: "error",
        why: expect.stringContaining("made without Helm"),
        next: expect.stringContaining("kubectl label statefulset axon1 --namespace axon"),
      },
    ]);
    expect(checkOwners([set], [marked("other")], [], name)[0]?.why).toContain("release other's");
  });

  test("is not asked for marks once the release has it, nor in another namespace", () => {
    const away = { ...set, metadata: { name: "axon1", namespace: "other" } };

    expect(checkOwners([set], [set], [set], name)).toEqual([]);
    expect(checkOwners([away], [set], [], name)).toEqual([]);
    const annotations = { "helm.sh/hook": "pre-upgrade" };
    const hook = { ...set, metadata: { name: "axon1", annotations } };
    expect(checkOwners([hook], [set], [], name)).toEqual([]);
  });
});

describe("a Helm that is not done", () => {
  const revisions = (...statuses: string[]) =>
    statuses.map((status, at) => ({ revision: at + 1, status }) as Revision);

  test("is told, with what goes on from there and what it goes back to", () => {
    expect(checkPending(revisions("superseded", "deployed"))).toEqual([]);
    expect(checkPending([])).toEqual([]);
    expect(checkPending(revisions("deployed", "pending-upgrade"))).toMatchObject([
      {
        ...{ code: "release-pending", at: "Revision 2", level: "warning" },
        next: expect.stringContaining("a way back leads to revision 1"),
      },
    ]);
    expect(checkPending(revisions("pending-install"))[0]?.next).toContain("no revision");
  });

  test("that uninstalls has to be ended by a person, who is told how the chain stays", () => {
    expect(checkPending(revisions("superseded", "uninstalling"))).toMatchObject([
      {
        ...{ code: "release-uninstalling", at: "Revision 2", level: "error" },
        next: expect.stringContaining("version=2"),
      },
    ]);
    expect(checkPending(revisions("uninstalled"))).toEqual([]);
  });
});
