import { grantsOf, type Rule, rbacObjects, withoutGrant } from "../src/index.ts";

const rules: Rule[] = [
  { apiGroups: ["apps"], resources: ["statefulsets"], verbs: ["get", "patch"], scope: "namespace" },
  { apiGroups: [""], resources: ["pods", "pods/log"], verbs: ["get"], scope: "namespace" },
  { apiGroups: [""], resources: ["nodes"], verbs: ["list"], scope: "cluster" },
];

test("the rules become roles that are bound to the system's group", () => {
  const objects = rbacObjects("axon", rules);

  expect(objects.map(({ kind }) => kind)).toEqual([
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
  ]);
  expect(objects[0]).toMatchObject({
    metadata: { name: "playbook-axon" },
    rules: [
      { apiGroups: ["apps"], resources: ["statefulsets"], verbs: ["get", "patch"] },
      { apiGroups: [""], resources: ["pods", "pods/log"], verbs: ["get"] },
    ],
  });
  expect(objects[3]).toMatchObject({
    roleRef: { kind: "ClusterRole", name: "playbook-axon" },
    subjects: [{ kind: "Group", name: "playbook:axon" }],
  });
});

test("without rules for the whole cluster there is no role for it", () => {
  expect(rbacObjects("axon", rules.slice(0, 2)).map(({ kind }) => kind)).toEqual([
    "Role",
    "RoleBinding",
  ]);
  expect(rbacObjects("axon", [])).toEqual([]);
});

test("each thing that is allowed can be taken away, and that alone", () => {
  const all = ["get apps/statefulsets", "get pods", "get pods/log", "list nodes in the cluster"];
  expect(grantsOf(rules)).toEqual([...all, "patch apps/statefulsets"].sort());

  for (const grant of grantsOf(rules)) {
    const left = grantsOf(withoutGrant(rules, grant));
    expect(left).toEqual(grantsOf(rules).filter((one) => one !== grant));
  }
});
