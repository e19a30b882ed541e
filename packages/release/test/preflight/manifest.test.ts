import { parseManifests, podSpecOf, statefulSets } from "../../src/preflight/manifest.ts";

test("the objects of a list are read one by one, and what is no object is passed over", () => {
  const text = `
kind: List
items:
  - { kind: Secret, metadata: { name: a } }
  - kind: ConfigMapList
    items: [{ kind: ConfigMap, metadata: { name: b } }]
---
# nothing
---
name: without a kind
---
kind: Service
`;

  expect(parseManifests(text).map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
    ["Secret", "a"],
    ["ConfigMap", "b"],
    ["Service", ""],
  ]);
});

test("what is null is not there, numbers among texts are texts, and merged keys are merged", () => {
  const text = `
kind: ConfigMap
metadata: { name: a, labels: null, annotations: { port: 8000 } }
binaryData: null
data: { workers: 5, isOn: true, none: null }
x: &shared { one: 1 }
z: { <<: *shared, two: 2 }
`;

  expect(parseManifests(text)).toEqual([
    {
      kind: "ConfigMap",
      metadata: { name: "a", annotations: { port: "8000" } },
      data: { workers: "5", isOn: "true" },
      x: { one: 1 },
      z: { one: 1, two: 2 },
    },
  ]);
});

test.each([
  ["StatefulSet", "{ template: { spec: { containers: [{ name: a }] } } }", true],
  ["Deployment", "{ template: { spec: { containers: [{ name: a }] } } }", true],
  ["CronJob", "{ jobTemplate: { spec: { template: { spec: { containers: [] } } } } }", true],
  ["Pod", "{ containers: [{ name: a }] }", true],
  ["NodePool", "{ template: { spec: { requirements: [] } } }", false],
  ["StatefulSet", "{ template: { spec: { containers: null } } }", false],
  ["Service", "null", false],
])("a %s of %s makes pods: %s", (kind, spec, makes) => {
  const [object] = parseManifests(`kind: ${kind}\nmetadata: { name: a }\nspec: ${spec}`);

  expect(object && podSpecOf(object) !== undefined).toBe(makes);
  expect(statefulSets(object ? [object] : [])).toHaveLength(
    makes && kind === "StatefulSet" ? 1 : 0,
  );
});

test("what the API server would refuse in a pod is passed over, and breaks nothing", () => {
  const [object] = parseManifests(`
kind: StatefulSet
metadata: { name: a }
spec:
  volumeClaimTemplates: [{ metadata: null }, { metadata: { name: data } }]
  template:
    spec:
      volumes: { name: none }
      containers:
        - { name: a, args: [run, 5], volumeMounts: [{ name: x, mountPath: }, { name: data, mountPath: /d }] }
        - nothing
`);

  expect(object?.spec).toEqual({
    volumeClaimTemplates: [{ metadata: { name: "data" } }],
    template: {
      spec: {
        volumes: [],
        containers: [
          { name: "a", args: ["run", "5"], volumeMounts: [{ name: "data", mountPath: "/d" }] },
        ],
      },
    },
  });
});

test("YAML is read as Kubernetes reads it", () => {
  const [object] = parseManifests(
    "kind: A\nmetadata: {name: a}\nspec: {on: yes, mode: 0440, at: " +
      "2026-01-02, time: 12:30:00, many: 1_000}",
  );

  expect(object?.spec).toEqual({
    ...{ true: true, mode: 0o440, at: "2026-01-02", time: "12:30:00", many: 1_000 },
  });
});
