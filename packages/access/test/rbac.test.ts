import { grantsOf, type Rule, rbacObjects, systemsOf, withoutGrant } from "../src/index.ts";

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

test("a rule for some objects names them, and only those are allowed", () => {
  const names = ["axon-axon-retain"];
  const classes: Rule = {
    ...rules[0],
    resources: ["storageclasses"],
    scope: "cluster",
    names,
  } as Rule;

  const [role] = rbacObjects("axon", [classes]);

  expect(role).toMatchObject({ kind: "ClusterRole", rules: [{ resourceNames: names }] });
  const [left] = withoutGrant([classes], "get apps/storageclasses in the cluster");
  expect(left).toMatchObject({ verbs: ["patch"], names });
});

test("where a plan needs less than what follows it, there is a system that plans alone", () => {
  const [sets, pods, nodes] = rules as [Rule, Rule, Rule];
  const applied = { ...sets, when: { input: "mode", is: ["apply"] } };
  const both = { ...pods, when: { input: "mode", is: ["plan", "apply"] } };

  const systems = systemsOf("axon", [applied, both, nodes]);

  expect([...systems.keys()]).toEqual(["axon", "axon-plan"]);
  expect(systems.get("axon")).toEqual([applied, both, nodes]);
  expect(systems.get("axon-plan")).toEqual([both, nodes]);
  expect([...systemsOf("axon", rules).keys()]).toEqual(["axon"]);
});

test("each thing that is allowed can be taken away, and that alone", () => {
  const all = ["get apps/statefulsets", "get pods", "get pods/log", "list nodes in the cluster"];
  expect(grantsOf(rules)).toEqual([...all, "patch apps/statefulsets"].sort());

  for (const grant of grantsOf(rules)) {
    const left = grantsOf(withoutGrant(rules, grant));
    expect(left).toEqual(grantsOf(rules).filter((one) => one !== grant));
  }
});
